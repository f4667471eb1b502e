/** An event of a stream of server-sent events. */
export type StreamEvent = {
  readonly event?: string
  readonly data: string
  readonly id?: string
  readonly retry?: number
}

/** Parses a stream of server-sent events that has ended. As in browsers, an event without an empty line at its end is left out. */
export function parseEvents(text: string): readonly StreamEvent[] {
  const blocks = text.replaceAll(/\r\n?/g, '\n').split('\n\n')
  return blocks.slice(0, -1).flatMap((block) => {
    const fields = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'))
    const event = eventOf(fields.map(fieldOf))
    return event === null ? [] : [event]
  })
}

type Field = readonly [name: string, value: string]

function fieldOf(line: string): Field {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

/** Returns an event, or null for a block without data. */
function eventOf(fields: readonly Field[]): StreamEvent | null {
  const data = fields.filter(([name]) => name === 'data').map(([, value]) => value)
  if (data.length === 0) return null
  const last = (wanted: string): string => fields.findLast(([name]) => name === wanted)?.[1] ?? ''
  const [event, id, retry] = [last('event'), last('id'), last('retry')]
  return {
    ...(event === '' ? {} : { event }),
    data: data.join('\n'),
    ...(id === '' ? {} : { id }),
    ...(/^\d+$/.test(retry) ? { retry: Number(retry) } : {}),
  }
}
