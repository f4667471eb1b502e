/** Longer messages are about ids and paths that somebody made long, in characters. */
const longest = 2000

/** What a bundle says, as one line for a terminal: it can neither move the cursor nor turn the line around, nor fill the screen. */
export function printable(text: string): string {
  const line = text.slice(0, longest).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, escapeOf)
  return text.length > longest ? `${line}…` : line
}

function escapeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
