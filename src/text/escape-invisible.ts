/**
 * The characters that a reader cannot see, or that change how the text around them is drawn:
 *
 * - control characters (Cc): terminals execute them; line ends and tabs are among them
 * - format characters (Cf): zero width, bidirectional overrides and isolates, soft hyphens, tags
 * - surrogates without their other half (Cs) and private use characters (Co)
 * - line and paragraph separators (Zl, Zp), and every space (Zs) except U+0020, such as U+00A0 and U+3000
 * - code points that Unicode draws as nothing (Default_Ignorable_Code_Point), such as U+3164 and variation selectors
 * - U+2800, the empty braille pattern
 */
const invisible = /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Writes every invisible character as its code point, e.g. `\u{1b}`. The result is one line. */
export function escapeInvisible(text: string): string {
  return replaceInvisible(text, escapeOf)
}

/** Replaces every invisible character. Callers that keep line ends or tabs return those unchanged. */
export function replaceInvisible(text: string, replacement: (character: string) => string): string {
  return text.replaceAll(invisible, replacement)
}

/** Returns the escape of one character, e.g. `\u{202e}`. */
export function escapeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
