/** Returns whether tokens can be sent to a URL: over https, or to this machine. */
export function isSecureUrl(url: string | URL): boolean {
  if (!URL.canParse(String(url))) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Throws for a URL that tokens cannot be sent to. */
export function checkSecureUrl(url: string | URL, label: string): void {
  if (!isSecureUrl(url)) throw new Error(`${label} must be https, or http on a loopback address, got ${shownUrl(url)}`)
}

export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127(\.\d+){3}$/.test(hostname) ||
    hostname === '[::1]'
  )
}

/** Returns a URL without the parts that can have secrets. */
export function shownUrl(url: string | URL): string {
  if (!URL.canParse(String(url))) return JSON.stringify(String(url).slice(0, 200))
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`.slice(0, 200)
}
