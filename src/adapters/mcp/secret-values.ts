/** Names of variables whose values are secrets. */
const secretNames = /key|token|secret|passw|credential|auth/i

/** Minimum length of a value that is hidden, in characters: a short one occurs in other words. */
const minLength = 6

/** Replaces the secrets of a server's environment in its output by the names of their variables. */
export function withoutSecrets(text: string, env: Readonly<Record<string, string>>): string {
  const secrets = Object.entries(env).filter(([name, value]) => secretNames.test(name) && value.length >= minLength)
  // A secret can contain another one.
  secrets.sort(([, one], [, other]) => other.length - one.length)
  return secrets.reduce((shown, [name, value]) => shown.replaceAll(value, () => `<${name}>`), text)
}
