import { allowedTexts, bannedWords } from './banned-words.ts'

/** A banned word in a text, at its offset. */
export type Finding = { readonly offset: number; readonly word: string; readonly instead: string }

const expressions = bannedWords.map(({ pattern, instead }) => ({
  // A word with a hyphen or an underscore is a name.
  expression: new RegExp(`(?<![\\w-])(?:${pattern.replaceAll(' ', String.raw`\s+`)})(?![\\w-])`, 'gi'),
  instead,
}))

/** Returns the banned words of a text, the first one first. */
export function findWords(prose: string): Finding[] {
  const allowed = allowedTexts.flatMap(({ text }) => spansOf(prose, text))
  const found = expressions.flatMap(({ expression, instead }) =>
    [...prose.matchAll(expression)].map(({ index, 0: word }) => ({
      offset: index,
      word: word.trim().replaceAll(/\s+/g, ' '),
      instead,
    })),
  )
  return found
    .filter(({ offset }) => !allowed.some(({ start, end }) => start <= offset && offset < end))
    .toSorted((one, other) => one.offset - other.offset)
}

/** Headings name a task or a thing, as a reader would search for it. */
export function findTitles(page: string): Finding[] {
  return [...page.matchAll(/^#+ ((?:What|Who|Whose|Which|How|Where|When|Why)\b.*)$/gm)].map(
    ({ index, 1: word = '' }) => ({
      offset: index,
      word,
      instead: 'a noun or a task',
    }),
  )
}

/** Documentation starts with the name of a thing or with a verb. */
export function findOpenings(script: string): Finding[] {
  return [...script.matchAll(/\/\*\*[\s*]*(What|Who|Whoever|That which)\b/g)].map(
    ({ index, 0: { length }, 1: word = '' }) => ({
      offset: index + length - word.length,
      word,
      instead: 'a noun phrase for a type or a field, a verb for a function',
    }),
  )
}

function spansOf(prose: string, text: string): { readonly start: number; readonly end: number }[] {
  const spans = []
  for (let start = prose.indexOf(text); start >= 0; start = prose.indexOf(text, start + 1)) {
    spans.push({ start, end: start + text.length })
  }
  return spans
}
