import { expect, test } from 'vitest'
import { withoutCodeFence } from './code-fence.ts'

test.each([
  ['a language word', '```js\ntext(1)\n```', 'text(1)\n'],
  ['no language word', '```\ntext(1)\n```', 'text(1)\n'],
  ['blanks around the language word', '``` typescript \ntext(1)\n``` ', 'text(1)\n'],
  ['tildes', '~~~javascript\ntext(1)\n~~~', 'text(1)\n'],
  ['blank lines around it', '\n \n```js\ntext(1)\n```\n\n', 'text(1)\n'],
  ['CRLF line ends', '```js\r\ntext(1)\r\n```\r\n', 'text(1)\r\n'],
  ['a longer fence around a shorter one', '````js\ntext(`\n```\n`)\n````', 'text(`\n```\n`)\n'],
  ['a closing fence that is longer', '```js\ntext(1)\n`````', 'text(1)\n'],
  ['nothing inside', '```js\n```', ''],
  ['a blank line inside', '```js\n\n```', '\n'],
])('withoutCodeFence() removes a fence with %s', (_what, text, content) => {
  expect(withoutCodeFence(text)).toBe(content)
})

test.each([
  ['no fence', 'text(1)'],
  ['no characters', ''],
  ['one line of back-ticks', '```'],
  ['a fence that is not closed', '```js\ntext(1)'],
  ['a fence that other characters close', '```js\ntext(1)\n~~~'],
  ['a fence that a shorter one closes', '````js\ntext(1)\n```'],
  ['two back-ticks', '``\ntext(1)\n``'],
  ['prose before the fence', 'Here it is:\n```js\ntext(1)\n```'],
  ['prose after the fence', '```js\ntext(1)\n```\nThat is it.'],
  ['two fences', '```js\ntext(1)\n```\n```js\ntext(2)\n```'],
  ['more than one word after the fence', '```js and more\ntext(1)\n```'],
  ['a template literal over three lines', '`\ntext(1)\n`'],
])('withoutCodeFence() keeps text with %s', (_what, text) => {
  expect(withoutCodeFence(text)).toBe(text)
})

test.each([
  ['fence characters', `${'~'.repeat(500_000)}x`],
  ['blanks after the fence', `\`\`\`${' '.repeat(500_000)}x y\nz\n\`\`\``],
])('withoutCodeFence() takes linear time for a long run of %s', (_what, text) => {
  expect(withoutCodeFence(text)).toBe(text)
})
