import { expect, test } from 'vitest'
import { CodecellError } from '../../errors.ts'
import { parseExecSource, type ExecInput } from './exec-input.ts'

const noOptions = { yieldTimeMs: null, maxOutputTokens: null }
const needsObject = 'exec pragma must be a JSON object with supported fields `yield_time_ms` and `max_output_tokens`'
const needsJson = 'exec pragma must be valid JSON with supported fields `yield_time_ms` and `max_output_tokens`: '
const needsNumbers = 'exec pragma fields `yield_time_ms` and `max_output_tokens` must be non-negative safe integers: '
const needsText =
  'exec expects raw JavaScript source text (non-empty). Provide JS only, optionally with first-line `// @exec: {"yield_time_ms": 10000, "max_output_tokens": 1000}`.'
const needsSource = 'exec pragma must be followed by JavaScript source on subsequent lines'

const accepted: readonly [input: string, parsed: ExecInput][] = [
  ['text(1)', { source: 'text(1)', ...noOptions }],
  [
    '// @exec: {"yield_time_ms": 5, "max_output_tokens": 7}\r\ntext(1)\r\n',
    { source: 'text(1)\r\n', yieldTimeMs: 5, maxOutputTokens: 7 },
  ],
  ['  \t// @exec: {}\ntext(1)', { source: 'text(1)', ...noOptions }],
  ['\u00a0\u0085// @exec:{}\u2003\ntext(1)', { source: 'text(1)', ...noOptions }],
  ['// @exec: {"yield_time_ms": 0, "max_output_tokens": -0}\n1', { source: '1', yieldTimeMs: 0, maxOutputTokens: 0 }],
  [
    '// @exec: {"yield_time_ms": 9007199254740991}\n1',
    { source: '1', yieldTimeMs: 2 ** 53 - 1, maxOutputTokens: null },
  ],
  ['// @exec: {"yield_time_ms": null, "max_output_tokens": null}\n1', { source: '1', ...noOptions }],
  ['// @exec: {"yield_time_ms": 1, "yield_time_ms": 2}\n1', { source: '1', yieldTimeMs: 2, maxOutputTokens: null }],
  ['// @exec: {"yield_time_ms": "x", "yield_time_ms": 2}\n1', { source: '1', yieldTimeMs: 2, maxOutputTokens: null }],
  ['// @exec: {"yield\\u005ftime_ms": 3}\n1', { source: '1', yieldTimeMs: 3, maxOutputTokens: null }],
  ['// @exec: {}\n\n\n  text(1)\n', { source: '\n\n  text(1)\n', ...noOptions }],
  ['\n// @exec: {"yield_time_ms": 1}\ntext(1)', { source: '\n// @exec: {"yield_time_ms": 1}\ntext(1)', ...noOptions }],
  ['//@exec: {bad\ntext(1)', { source: '//@exec: {bad\ntext(1)', ...noOptions }],
  ['// @exec : {bad\ntext(1)', { source: '// @exec : {bad\ntext(1)', ...noOptions }],
  ['// @EXEC: {bad\ntext(1)', { source: '// @EXEC: {bad\ntext(1)', ...noOptions }],
  ['/* x */ // @exec: {bad\n1', { source: '/* x */ // @exec: {bad\n1', ...noOptions }],
  ['\ufeff', { source: '\ufeff', ...noOptions }],
  ['\u200b', { source: '\u200b', ...noOptions }],
  ['// @exec: {}\n\ufeff\n', { source: '\ufeff\n', ...noOptions }],
  ['```js\ntext(1)\n```', { source: 'text(1)\n', ...noOptions }],
  [
    '\n~~~\n// @exec: {"yield_time_ms": 4}\ntext(1)\n~~~\n',
    { source: 'text(1)\n', yieldTimeMs: 4, maxOutputTokens: null },
  ],
]

test.each(accepted)('parseExecInput() accepts %j', (input, parsed) => {
  expect(parseExecSource(input)).toEqual(parsed)
})

const refused: readonly [input: unknown, message: string][] = [
  [null, 'exec expects raw JavaScript source text'],
  [{ input: 'text(1)' }, 'exec expects raw JavaScript source text'],
  ['', needsText],
  [' \n\t\r\n ', needsText],
  ['\u00a0\u0085\u2003\v', needsText],
  ['```js\n```', needsText],
  ['// @exec: {}', needsSource],
  ['// @exec: {"yield_time_ms": 1}\n  \n\t\u0085', needsSource],
  ['// @exec: {not json\n', needsSource],
  ['// @exec: {}\rtext(1)', needsSource],
  ['// @exec:\ntext(1)', needsObject],
  ['// @exec: \t\r\ntext(1)', needsObject],
  ['// @exec: []\n1', needsObject],
  ['// @exec: "yield_time_ms"\n1', needsObject],
  ['// @exec: 5\n1', needsObject],
  ['// @exec: null\n1', needsObject],
  ['// @exec: true\n1', needsObject],
  [
    '// @exec: {"timeout": 3}\n1',
    `exec pragma only supports \`yield_time_ms\` and \`max_output_tokens\`; got \`timeout\``,
  ],
  [
    '// @exec: {"yield_time_ms": "x", "zzz": 1}\n1',
    `exec pragma only supports \`yield_time_ms\` and \`max_output_tokens\`; got \`zzz\``,
  ],
  ['// @exec: {"b": 1, "1": 2}\n1', `exec pragma only supports \`yield_time_ms\` and \`max_output_tokens\`; got \`b\``],
  [
    '// @exec: {"__proto__": 1}\n1',
    `exec pragma only supports \`yield_time_ms\` and \`max_output_tokens\`; got \`__proto__\``,
  ],
  ['// @exec: {"yield_time_ms": 1.0}\n1', `${needsNumbers}invalid number`],
  ['// @exec: {"yield_time_ms": 1e3}\n1', `${needsNumbers}invalid number`],
  ['// @exec: {"yield_time_ms": -1}\n1', `${needsNumbers}invalid number`],
  ['// @exec: {"yield_time_ms": 18446744073709551616}\n1', `${needsNumbers}invalid number`],
  ['// @exec: {"yield_time_ms": "5"}\n1', `${needsNumbers}invalid type: string "5", expected u64`],
  ['// @exec: {"yield_time_ms": true}\n1', `${needsNumbers}invalid type: boolean \`true\`, expected u64`],
  ['// @exec: {"yield_time_ms": {}}\n1', `${needsNumbers}invalid type: map, expected u64`],
  ['// @exec: {"max_output_tokens": []}\n1', `${needsNumbers}invalid type: sequence, expected u64`],
  [
    '// @exec: {"max_output_tokens": false, "yield_time_ms": -1}\n1',
    `${needsNumbers}invalid type: boolean \`false\`, expected u64`,
  ],
  [
    '// @exec: {"yield_time_ms": 9007199254740992}\n1',
    'exec pragma field `yield_time_ms` must be a non-negative safe integer',
  ],
  [
    '// @exec: {"max_output_tokens": 9007199254740992}\n1',
    'exec pragma field `max_output_tokens` must be a non-negative safe integer',
  ],
  [
    '// @exec: {"max_output_tokens": 18446744073709551615, "yield_time_ms": 9007199254740992}\n1',
    'exec pragma field `yield_time_ms` must be a non-negative safe integer',
  ],
]

test.each(refused)('parseExecInput() refuses %j', (input, message) => {
  expect(() => parseExecSource(input)).toThrow(new CodecellError('EXEC_INPUT_INVALID', message))
})

test.each([
  '{oops',
  '{} trailing',
  "{'yield_time_ms': 1}",
  '{"yield_time_ms": 01}',
  `${'['.repeat(200)}${']'.repeat(200)}`,
])('parseExecInput() refuses the pragma %s, which is not JSON', (directive) => {
  expect(() => parseExecSource(`// @exec: ${directive}\n1`)).toThrow(needsJson)
})
