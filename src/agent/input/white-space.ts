/** Unicode White_Space decides what is blank; `trim` of JavaScript takes away U+FEFF and leaves U+0085. */
const visible = /\P{White_Space}/u

/** Whether a text is empty or has nothing but white space. */
export function isBlank(text: string): boolean {
  return !visible.test(text)
}

/** A text without the white space at both ends. */
export function trimBlank(text: string): string {
  const start = text.search(visible)
  if (start === -1) return ''
  let end = text.length
  // From the end step by step: a pattern that is anchored there would try every run of blanks in the text.
  while (isBlank(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
