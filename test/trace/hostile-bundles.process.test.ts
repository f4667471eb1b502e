import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  bundle,
  deep,
  expectPageOrReason,
  folder,
  lines,
  link,
  log,
  pipe,
  replace,
  secret,
  trace,
  writeLines,
  type Answer,
} from './hostile-bundle.ts'

// Bundles come from anybody. They are given to the command as it is, with a heap that is too small for what they threaten
// with, and a file beside them that nobody may read.

const insert = (index: number, line: string): void => writeLines(lines().toSpliced(index, 0, line))

const refusals: readonly (readonly [what: string, make: () => void, reason: string | RegExp])[] = [
  ['events in another order', () => writeLines(lines().toReversed()), 'missing or reordered trace event 1'],
  ['an event that is there twice', () => insert(4, lines()[4] ?? ''), 'missing or reordered trace event 6'],
  ['an event that is missing', () => writeLines(lines().toSpliced(4, 1)), 'missing or reordered trace event 5'],
  ['events after the end', () => appendFileSync(log, `${lines().at(-1)}\n`), /missing or reordered trace event \d+/],
  [
    'a schema to come',
    () => replace('manifest.json', '"schema_version": 2', '"schema_version": 3'),
    /^trace schema 3 /,
  ],
  [
    'an event of another schema',
    () => replace('trace.jsonl', '"schema_version":2', '"schema_version":3'),
    'unsupported trace event schema 3 at line 1',
  ],
  [
    'an event of another rollout',
    () => replace('trace.jsonl', /"rollout_id":"[^"]*"/, '"rollout_id":"other"'),
    'trace event belongs to another rollout',
  ],
  [
    'a type of event to come',
    () => replace('trace.jsonl', 'codex_turn_started', 'hologram'),
    /^parse trace event line \d+ \(unknown event type "hologram"\)$/,
  ],
  [
    'a log that begins with a byte order mark',
    () => replace('trace.jsonl', '{', '\ufeff{'),
    /^parse trace event line 1 /,
  ],
  ['a manifest that begins with one', () => replace('manifest.json', '{', '\ufeff{'), /^manifest\.json is no JSON/],
  [
    'a manifest without end',
    () => truncateSync(join(bundle, 'manifest.json'), 2 ** 31),
    /^Cannot read .*it has \d+ bytes/,
  ],
  [
    'a manifest that is nested without end',
    () => writeFileSync(join(bundle, 'manifest.json'), deep),
    /^manifest\.json is nested deeper than 500/,
  ],
  [
    'a manifest that names a file outside',
    () => replace('manifest.json', '"trace.jsonl"', '"../secret"'),
    /it is no path inside the bundle$/,
  ],
  [
    'a manifest that names a device',
    () => replace('manifest.json', '"trace.jsonl"', '"/dev/zero"'),
    /it is no path inside the bundle$/,
  ],
  [
    'a manifest that names itself',
    () => replace('manifest.json', '"trace.jsonl"', '"manifest.json"'),
    /^parse trace event line 1 /,
  ],
  [
    'a manifest that names a folder',
    () => replace('manifest.json', '"trace.jsonl"', '"payloads"'),
    /it is no regular file$/,
  ],
  ['a manifest that is a link out', () => link('manifest.json', secret), /it leads out of the bundle$/],
  ['a log that is a link to a device', () => link('trace.jsonl', '/dev/zero'), /it leads out of the bundle$/],
  ['a log that is a link to itself', () => link('trace.jsonl', 'trace.jsonl'), /ELOOP/],
  ['a log that is a pipe', () => pipe('trace.jsonl'), /it is no regular file$/],
  ['a payload that is a pipe', () => pipe('payloads/1.json'), /it is no regular file$/],
  ['payloads that are a link out', () => link('payloads', folder), /^open payload raw_payload:1$/],
  ['a payload that is a link out', () => link('payloads/1.json', secret), /it leads out of the bundle$/],
  [
    'a payload with a name without end',
    () => replace('trace.jsonl', 'payloads/1.json', 'x'.repeat(100_000)),
    /ENAMETOOLONG/,
  ],
  [
    'a payload without end',
    () => truncateSync(join(bundle, 'payloads/1.json'), 2 ** 30),
    /it has 1073741824 bytes, more than 268435456$/,
  ],
  [
    'a payload of values without end',
    () => writeFileSync(join(bundle, 'payloads/1.json'), `{"input":[${'{},'.repeat(2e7)}{}]}`),
    /^payload raw_payload:1 has more than 4194304 values$/,
  ],
  [
    'a payload that is no UTF-8',
    () => writeFileSync(join(bundle, 'payloads/1.json'), Buffer.from([0xff, 0xfe, 0x00])),
    /^payload raw_payload:1 is no JSON/,
  ],
  [
    'an event of values without end',
    () => insert(0, `{"x":[${'{},'.repeat(2e7)}{}]}`),
    'trace event line 1 has more than 4194304 values',
  ],
  ['a log that is one line', () => truncateSync(log, 2 ** 30), /a line is longer than 67108864 bytes$/],
  ['a log of blank lines', () => appendFileSync(log, ' \n'.repeat(2e6)), 'more than 1000000 blank lines'],
]

describe('codecell trace refuses, with one line that says why,', () => {
  test.each(refusals)('%s', (_, make, reason) => {
    make()
    const before = readdirSync(bundle).toSorted()
    const { status, stdout, stderr } = trace('reduce')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr.endsWith('\n') ? stderr.split('\n').length : stderr).toBe(2)
    const said = stderr.trimEnd().replace(`Cannot reduce ${bundle}: `, '')
    if (typeof reason === 'string') expect(said).toBe(reason)
    else expect(said).toMatch(reason)
    expect(said).not.toContain('canary')
    expect(readdirSync(bundle).toSorted()).toEqual(before)
  })

  test('an id that would speak to the terminal, or fill it', () => {
    const id = `\u001b]0;owned\u0007\r\n${'x'.repeat(2e6)}`
    const payload = { type: 'thread_ended', thread_id: id, status: 'completed' }
    const [first = '{}'] = lines()
    const event: unknown = JSON.parse(first)
    writeLines([first, JSON.stringify({ ...Object(event), seq: 2, payload })])
    const { status, stdout, stderr } = trace('check')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^Cannot reduce .*: trace event referenced unknown thread \\u\{1b\}\]0;owned\\u\{7\}\\u\{d\}\\u\{a\}x{100,}…\n$/,
    )
    expect(stderr.length).toBeLessThan(3000)
  })
})

describe('the viewer neither hangs, nor dies, nor shows what is outside, of', () => {
  test.each(refusals)('%s', (_, make) => {
    make()
    expectPageOrReason()
  })
})

const otherVerbs = [
  ['show'],
  ['check'],
  ['replay'],
  ['export', '--to', 'otlp', '--content'],
  ['export', '--to', 'chrome'],
  ['export', '--to', 'jsonl'],
]

/** There is an answer or a reason; the process does not die, hang, or tell what is outside. */
function expectEnd([verb = '', ...flags]: readonly string[]): void {
  const { status, stdout, stderr } = trace(verb, 600, ...flags)
  expect([0, 1], stderr).toContain(status)
  expect(stderr.split('\n').length).toBeLessThan(5)
  expect(stdout + stderr).not.toContain('canary')
}

// A hundred and eighty processes, a few minutes.
describe.runIf(process.env['TRACE_SLOW'] === '1').each(otherVerbs)('and so does trace %s, of', (...verb) => {
  test.each(refusals)('%s', (_, make) => {
    make()
    expectEnd(verb)
  })
})

test('what a bundle says cannot speak to the terminal, whoever shows it', () => {
  const spell = '\u001b]0;owned\u0007\u202e'
  const written = JSON.stringify(spell).slice(1, -1)
  for (const file of ['trace.jsonl', ...readdirSync(join(bundle, 'payloads')).map((name) => `payloads/${name}`)]) {
    const text = readFileSync(join(bundle, file), 'utf8')
    writeFileSync(
      join(bundle, file),
      text.replaceAll(/"(source_js|input|text|output|label|arguments|name)": ?"/g, `$&${written}`),
    )
  }
  for (const flags of [[], ['--full']]) {
    const { stdout, stderr } = trace('show', 400, '--no-color', ...flags)
    expect(stderr).toBe('')
    expect(stdout).toContain('owned')
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  }
})

describe('codecell trace reads', () => {
  const whole = (): Answer => trace('check', 400, '--no-replay')
  const counts = 'status completed, cells: 1, tool calls: 2, conversation items: 4, payloads: 9'

  test.each<[what: string, make: () => void]>([
    ['a log with the line ends of Windows', () => writeLines(lines(), '\r\n')],
    ['a log without a line end at its end', () => writeFileSync(log, readFileSync(log, 'utf8').trimEnd())],
    ['bytes that are no UTF-8 in what nobody reads', () => insertBytes('"wall_time_unix_ms"', '"x":"\xff\xfe\xc0",')],
    [
      'an event that is nested without end in what nobody reads',
      () => insertBytes('"wall_time_unix_ms"', `"x":${deep},`),
    ],
    ['a line of almost 64 MiB', () => insertBytes('"wall_time_unix_ms"', `"x":"${'x'.repeat(2 ** 26 - 1000)}",`)],
    [
      'files and links that no event names',
      () => {
        link('payloads/99.json', '/dev/zero')
        link('cells', '/dev')
        pipe('more')
      },
    ],
    ['a bundle whose state is a link out, which it leaves alone', () => link('state.json', secret)],
  ])('%s', (_, make) => {
    make()
    expect(whole()).toEqual({ status: 0, stdout: `reduces: ${counts}\nwhole\n`, stderr: '' })
    expect(readFileSync(secret, 'utf8')).toBe('{"canary":true}\n')
  })

  // A gigabyte is written and read, in half a minute.
  test.runIf(process.env['TRACE_SLOW'] === '1')('a log of a gigabyte, in the memory of one line', () => {
    const list = lines()
    const last: unknown = JSON.parse(list.pop() ?? '')
    const filler = { ...Object(last), payload: { type: 'thread_resumed', thread_id: 'T1', more: 'x'.repeat(2 ** 25) } }
    writeLines(list)
    for (let index = 0; index < 32; index++) {
      const type = index % 2 === 0 ? 'thread_resumed' : 'thread_ended'
      const payload = { ...filler.payload, type, status: 'completed' }
      appendFileSync(log, `${JSON.stringify({ ...filler, seq: list.length + 1 + index, payload })}\n`)
    }
    appendFileSync(log, `${JSON.stringify({ ...Object(last), seq: list.length + 33 })}\n`)
    expect(trace('check', 200, '--no-replay')).toEqual({ status: 0, stdout: `reduces: ${counts}\nwhole\n`, stderr: '' })
  })

  function insertBytes(before: string, latin1: string): void {
    const text = readFileSync(log, 'latin1')
    writeFileSync(
      log,
      text.replace(before, () => latin1 + before),
      'latin1',
    )
  }
})
