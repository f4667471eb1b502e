import type { AnswerCheck } from '../tasks/task.ts'
import { failed, passed, shown, type Verdict } from './run-end.ts'

/** The marker of the answer in the last message. */
const marker = /^[\s>*_#`-]*(?:final )?answer[*_`]*\s*:[*_`]*[ \t]*/gim

/** Returns the answer in the final text: what follows the last `ANSWER:`, or null without one. */
export function answerIn(text: string): string | null {
  const last = [...text.matchAll(marker)].at(-1)
  if (last === undefined) return null
  return withoutMarks(text.slice(last.index + last[0].length))
}

export function checkAnswer({ expected }: AnswerCheck, text: string): Verdict {
  const answer = answerIn(text)
  if (answer === null) return failed('the final message has no line "ANSWER: …"')
  const wrong = (what: string): Verdict => failed(`expected the answer ${what}, got ${shown(answer)}`)
  switch (expected.form) {
    case 'oneOf':
      return expected.texts.some((one) => isSame(one, answer)) ? passed : wrong(shownTexts(expected.texts, ' or '))
    case 'contains': {
      const missing = expected.texts.filter((one) => !normalized(answer).includes(normalized(one)))
      return missing.length === 0 ? passed : wrong(`to contain ${shownTexts(missing, ' and ')}`)
    }
    case 'matches':
      return expected.pattern.test(answer) ? passed : wrong(`to match ${expected.pattern.source}`)
    case 'number': {
      const number = numberIn(answer)
      const isNear = number !== null && Math.abs(number - expected.number) <= expected.within + 1e-9
      return isNear ? passed : wrong(String(expected.number))
    }
    case 'list':
    case 'set':
      return isSameList(expected.texts, answer, expected.form) ? passed : wrong(shownTexts(expected.texts, ', '))
    default:
      return expected satisfies never
  }
}

function isSame(one: string, other: string): boolean {
  return normalized(one) === normalized(other)
}

function isSameList(texts: readonly string[], answer: string, form: 'list' | 'set'): boolean {
  const items = answer.split(/[,;\n]/).map((item) => normalized(item.replace(/^\s*(?:[-*•]|\d+[.)])\s+/, '')))
  const given = items.filter((item) => item !== '')
  const wanted = texts.map((text) => normalized(text))
  if (form === 'set') return given.toSorted().join('\n') === wanted.toSorted().join('\n')
  return given.join('\n') === wanted.join('\n')
}

/** Returns the only number in an answer; null when it has none or several. A currency and grouping of thousands are allowed. */
function numberIn(answer: string): number | null {
  const found = answer.replaceAll(/(?<=\d)[,_ \u00a0\u202f'](?=\d{3}(?!\d))/g, '').match(/[-−]?\d+(?:\.\d+)?/g) ?? []
  const [number] = found
  return number === undefined || found.length > 1 ? null : Number(number.replace('−', '-'))
}

function normalized(text: string): string {
  return withoutMarks(text.normalize('NFKC')).replaceAll(/\s+/g, ' ').replace(/\.$/, '').trim().toLowerCase()
}

/** Removes white space and the marks of Markdown and quotes around a text. */
function withoutMarks(text: string): string {
  return text.replaceAll(/^[\s*_`"'“”]+|[\s*_`"'“”]+$/g, '')
}

function shownTexts(texts: readonly string[], separator: string): string {
  return texts.map((text) => JSON.stringify(text)).join(separator)
}
