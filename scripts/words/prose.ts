import { parseSync, Visitor, type ESTree } from 'vite'

/** Stands for a character that is not prose. It is not white space, so that no phrase reaches across it. */
const nothing = '\0'

type Span = { readonly start: number; readonly end: number }

/** The prose of a file to read: all comments and strings, or the comments and the titles of tests. */
export type ProseOf = 'comments and strings' | 'comments and titles'

/** Returns the prose of a script at unchanged offsets, with `\0` for every other character. */
export function proseOfScript(file: string, source: string, wanted: ProseOf): string {
  const { program, comments, errors } = parseSync(file, source)
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`Cannot parse ${file}: ${error.message}`)
  const prose = source.split('').map(blank)
  const put = ({ start, end }: Span, text: string): void => {
    for (let at = start; at < end; at++) prose[at] = text[at - start] ?? nothing
  }
  const texts = wanted === 'comments and strings' ? stringsOf(program, source) : titlesOf(program)
  for (const span of texts) put(span, withoutEscapes(source.slice(span.start, span.end)))
  for (const span of comments) put(span, withoutMarks(source.slice(span.start, span.end)))
  joinLineComments(prose, source, comments)
  return prose.join('')
}

/** Returns the prose of a Markdown page at unchanged offsets: everything but code spans and the targets of links. */
export function proseOfMarkdown(source: string): string {
  // A fenced block is kept whole: its comments are prose, and its code has no phrases.
  const parts = source.split(/(^```.*\n[\s\S]*?^```)/m)
  return parts.map((part, index) => (index % 2 === 1 ? part : withoutTargets(withoutCodeSpans(part)))).join('')
}

function blank(character: string): string {
  return character === '\n' ? '\n' : nothing
}

function blanked(text: string): string {
  return text.replaceAll(/[^\n]/g, nothing)
}

function withoutCodeSpans(text: string): string {
  return text.replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, blanked)
}

function withoutTargets(text: string): string {
  return text.replaceAll(/\]\([^()\s]*\)/g, blanked)
}

/** A line break that is written as an escape ends a word, as a real one does. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\[nrt]/g, '  ')
}

/** A comment without its marks, and without the stars in front of its lines. */
function withoutMarks(comment: string): string {
  const text = comment.replace(/^\/[/*]+/, spaces).replace(/\*\/$/, spaces)
  return withoutCodeSpans(text.replaceAll(/\n\s*\*/g, (start) => `\n${' '.repeat(start.length - 1)}`))
}

function spaces(text: string): string {
  return ' '.repeat(text.length)
}

/** Phrases reach from one line comment to the next when there is nothing between them but the line break. */
function joinLineComments(prose: string[], source: string, comments: readonly Span[]): void {
  for (const [index, { end }] of comments.entries()) {
    const next = comments[index + 1]?.start ?? end
    if (source.slice(end, next).trim() === '') for (let at = end; at < next; at++) prose[at] = source[at] ?? nothing
  }
}

/** Strings with a space in them: one without is a name or a path. Parts of templates count, whatever they have. */
function stringsOf(program: ESTree.Program, source: string): Span[] {
  const found: Span[] = []
  new Visitor({
    Literal(node) {
      if (typeof node.value === 'string' && /\s/.test(node.value)) found.push(node)
    },
    TemplateElement(node) {
      if (/\s/.test(source.slice(node.start, node.end))) found.push(node)
    },
    JSXText(node) {
      found.push(node)
    },
  }).visit(program)
  return found
}

function titlesOf(program: ESTree.Program): Span[] {
  const found: Span[] = []
  new Visitor({
    CallExpression({ callee, arguments: [title] }) {
      if (title === undefined || !isTestFunction(callee)) return
      if (title.type === 'Literal') found.push(title)
      if (title.type === 'TemplateLiteral') found.push(...title.quasis)
    },
  }).visit(program)
  return found
}

/** Whether this is `test`, `describe` or `it`, or what their `each`, `skipIf` and the like return. */
function isTestFunction(callee: ESTree.Expression): boolean {
  if (callee.type === 'Identifier') return ['test', 'it', 'describe'].includes(callee.name)
  if (callee.type === 'CallExpression') return isTestFunction(callee.callee)
  return callee.type === 'MemberExpression' && isTestFunction(callee.object)
}
