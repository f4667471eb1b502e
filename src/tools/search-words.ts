/** Scripts whose words are written without spaces between them, or with endings attached. */
const unspaced =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmr}\p{scx=Mymr}]/u

/** Letters of scripts in which accents or vowel marks can be left out. */
const accented = /(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Hebrew}])\p{Mn}+/gu

/** Words with an attached article, and in Arabic also a conjunction or preposition before it. The rest is a word too. */
const articles = [/^[وف]?(?:[بك]?ال|لل)(\p{Script=Arabic}{3,})$/u, /^[הובלכמש](\p{Script=Hebrew}{3,})$/u] as const

/** Letters that Unicode does not decompose, as people write them without their accents. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
  // Letters of Arabic that keyboards and languages write differently, and the stroke that only stretches a word.
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  ـ: '',
}

const plainable = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'g')

/**
 * Splits a text of the index into words, including those inside `snake_case`, `camelCase` and `HTMLPage2`. Text without
 * spaces becomes single characters and pairs of them. A dictionary, as `Intl.Segmenter` has it, would find words, but
 * which ones depends on the version of ICU, and a replay must find the same tools on every machine.
 */
export function indexedWords(text: string): string[] {
  return runsOf(text).flatMap((run) => {
    if (!unspaced.test(run)) return withoutArticle(run)
    const characters = Array.from(run)
    return [...characters, ...pairsOf(characters)]
  })
}

/** Splits a query into words. A run without spaces is only searched by its pairs: single characters match too much. */
export function queryWords(text: string): string[] {
  return runsOf(text).flatMap((run) => {
    const characters = Array.from(run)
    return unspaced.test(run) && characters.length > 1 ? pairsOf(characters) : withoutArticle(run)
  })
}

/** Returns a word, and the word after an attached article. */
function withoutArticle(run: string): string[] {
  const rests = articles.flatMap((article) => article.exec(run)?.[1] ?? [])
  return [run, ...rests]
}

/** Returns the runs of letters and digits of one kind of script. Width, case and accents make no difference. */
function runsOf(text: string): string[] {
  return text
    .normalize('NFKC')
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .flatMap(byScript)
    .flatMap(byCase)
    .filter((run) => run !== '')
}

/** Splits `camelCase` and `HTMLPage2`. A name such as `GitHub` is also one word. */
function byCase(run: string): string[] {
  const parts = run
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .split(' ')
  return (parts.length > 1 ? [...parts, run] : parts).map(plain)
}

function plain(word: string): string {
  return word
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(accented, '')
    .normalize('NFC')
    .replaceAll(plainable, (letter) => plainLetters[letter] ?? letter)
}

/** Splits `github仓库` into `github` and `仓库`. */
function byScript(word: string): string[] {
  const runs: string[] = []
  let isUnspaced: boolean | null = null
  for (const character of word) {
    // A mark belongs to the letter before it.
    const kind: boolean = /\p{M}/u.test(character) && isUnspaced !== null ? isUnspaced : unspaced.test(character)
    if (kind === isUnspaced) runs.push(`${runs.pop() ?? ''}${character}`)
    else runs.push(character)
    isUnspaced = kind
  }
  return runs
}

function pairsOf(characters: readonly string[]): string[] {
  return characters.slice(1).map((character, at) => `${characters[at] ?? ''}${character}`)
}
