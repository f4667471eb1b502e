import { expect, test } from 'vitest'
import { Written } from '../../../test/support/in-process-cli.ts'
import { processIo, type Io } from '../common/io.ts'
import { textReporter } from './text-reporter.ts'

class Screen extends Written {
  readonly isTTY: boolean
  readonly columns = 80

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }
}

function screens(isTTY: boolean): Io & { readonly stdout: Screen; readonly stderr: Screen } {
  return { ...processIo, stdout: new Screen(isTTY), stderr: new Screen(isTTY), env: {} }
}

const spell = '\u001b[2J\u001b[Hcard'

test.each([
  [true, '\\u{1b}[2J\\u{1b}[Hcard\n'],
  [false, `${spell}\n`],
])('the text reporter prints control characters to a terminal (%s) as %j', (isTTY, shown) => {
  const io = screens(isTTY)
  textReporter(io, { quiet: true }).items([{ type: 'input_text', text: spell }])
  expect(io.stdout.text).toBe(shown)
})

test('the text reporter prints nothing during a prompt, and everything afterwards', () => {
  const io = screens(true)
  const reporter = textReporter(io, { quiet: false })
  reporter.starting()
  const asking = reporter.prompting()
  const before = io.stderr.text
  reporter.items([{ type: 'input_text', text: 'output' }])
  reporter.notification('note')
  expect([io.stdout.text, io.stderr.text]).toEqual(['', before])
  asking[Symbol.dispose]()
  reporter.close()
  expect(io.stdout.text).toBe('output\n')
  expect(io.stderr.text).toContain('[notification] note\n')
})

test('a quiet text reporter prints no notifications, and warnings to standard error', () => {
  const io = screens(false)
  const reporter = textReporter(io, { quiet: true })
  reporter.notification('note')
  reporter.warning('a server does not start')
  expect([io.stdout.text, io.stderr.text]).toEqual(['', 'a server does not start\n'])
})

test.each([
  [false, 'hi\nScript error:\nError: no\n\nScript failed\nWall time 1.5 seconds\n', ''],
  [true, 'hi\n', 'Script error:\nError: no\n'],
])('the text reporter that is quiet (%s) prints %j and the error %j', (quiet, out, err) => {
  const io = screens(false)
  const reporter = textReporter(io, { quiet })
  reporter.starting()
  reporter.items([{ type: 'input_text', text: 'hi' }])
  reporter.ended(
    { type: 'failed', cellId: '1', items: [], errorText: 'Error: no', limit: null, durationMs: 1500 },
    1500,
  )
  reporter.close()
  expect([io.stdout.text, io.stderr.text]).toEqual([out, err])
})
