/** Shorter secrets can be parts of other words. */
const minLength = 4

/** Returns a function that replaces secrets in a text, also where they are escaped for JSON or a URL. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = secrets.flatMap((secret) => {
    if (secret.length < minLength) return []
    const inForm = new URLSearchParams({ '': secret }).toString().slice(1)
    return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed()), inForm]
  })
  const unique = [...new Set(forms)].toSorted((one, other) => other.length - one.length)
  return (text) => unique.reduce((cleaned, form) => cleaned.replaceAll(form, '[redacted]'), text)
}
