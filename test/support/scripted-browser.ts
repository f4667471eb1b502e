/** A browser without a screen: it follows redirects with cookies, and submits the forms of the pages. */
export class ScriptedBrowser {
  readonly #cookies = new Map<string, string>()

  /** Opens a URL. Returns the URL and the text of the last page. */
  async open(url: string, init: RequestInit = {}): Promise<{ readonly url: string; readonly text: string }> {
    let current = url
    let request = init
    for (let step = 0; step < 20; step++) {
      const response = await fetch(current, { ...request, redirect: 'manual', headers: this.#headers(request) })
      for (const cookie of response.headers.getSetCookie()) this.#store(cookie)
      const location = response.headers.get('location')
      const text = await response.text()
      const form = location === null ? formIn(text) : null
      if (location === null && form === null) return { url: current, text }
      current = new URL(location ?? form?.action ?? '', current).href
      request = form === null ? {} : { method: 'POST', body: form.body }
    }
    throw new Error(`too many pages from ${url}`)
  }

  /** Opens a URL, and returns the redirect to this machine without following it. */
  async redirectOf(url: string): Promise<string> {
    let current = url
    for (let step = 0; step < 20; step++) {
      const response = await fetch(current, { redirect: 'manual', headers: this.#headers({}) })
      for (const cookie of response.headers.getSetCookie()) this.#store(cookie)
      await response.body?.cancel()
      const location = response.headers.get('location')
      if (location === null) throw new Error(`no redirect from ${current}: ${response.status}`)
      current = new URL(location, current).href
      if (current.includes('/callback?')) return current
    }
    throw new Error(`too many pages from ${url}`)
  }

  #headers({ body }: RequestInit): Record<string, string> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return { cookie, ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) }
  }

  #store(cookie: string): void {
    const [pair = ''] = cookie.split(';')
    const [name = '', ...value] = pair.split('=')
    this.#cookies.set(name, value.join('='))
  }
}

/** Returns the first form of a page, with its hidden fields; null without one. */
function formIn(text: string): { readonly action: string; readonly body: string } | null {
  const [form] = /<form[\s\S]*?<\/form>/.exec(text) ?? []
  if (form === undefined) return null
  const fields = [...form.matchAll(/<input[^>]*>/g)].map(([tag]): [string, string] => [
    /name="([^"]*)"/.exec(tag)?.[1] ?? '',
    /value="([^"]*)"/.exec(tag)?.[1] ?? '',
  ])
  const body = new URLSearchParams(fields)
  return { action: /action="([^"]*)"/.exec(form)?.[1] ?? '', body: body.toString() }
}
