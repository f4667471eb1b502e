/**
 * Text that came from outside, made safe to stand in a Markdown prompt: no line of it is a heading or a code fence, it
 * has no control characters, and it is no longer than `maxLength` characters. Ordinary prose stays as it is.
 */
export function quotedText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text
  return cut.toWellFormed().replaceAll(lineEnds, '\n').replaceAll(controls, '').replaceAll(marks, '$1\\$2')
}

/** The same on one line. */
export function quotedLine(text: string, maxLength: number): string {
  return quotedText(text, maxLength).replaceAll(/\s+/g, ' ').trim()
}

const lineEnds = /\r\n?|[\v\f\u0085\u2028\u2029]/g

/** What terminals and readers act upon without showing it: controls, and marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex -- these are what is taken away
const controls = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** The beginning of a line that would be a heading, the line under a heading, a fence, or the label of a declaration. */
const marks = /^([ \t>]*)(#|```|~~~|===|---|exec tool declaration:|Shared MCP Types:)/gim
