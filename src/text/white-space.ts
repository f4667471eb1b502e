/** The Unicode property White_Space, as in the reference. JavaScript's `trim` differs: it strips U+FEFF and keeps U+0085. */
const visible = /\P{White_Space}/u

/** Returns whether a string is empty or only white space. */
export function isBlank(text: string): boolean {
  return !visible.test(text)
}

/** Strips the white space at both ends. */
export function trimBlank(text: string): string {
  const start = text.search(visible)
  if (start === -1) return ''
  let end = text.length
  // Step by step from the end: a pattern anchored at the end would try every run of blanks.
  while (isBlank(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
