import { describe, expect, test } from 'vitest'
import { mismatch } from './match.ts'
import { itemsMismatch } from './match-items.ts'

describe('mismatch()', () => {
  const fitting: readonly [expected: unknown, actual: unknown][] = [
    [null, null],
    [-0, -0],
    [
      [1, 'a'],
      [1, 'a'],
    ],
    [
      { a: 1, b: { c: [] } },
      { b: { c: [] }, a: 1 },
    ],
    [{ $any: true }, undefined],
    [{ $exact: { a: 1 } }, { a: 1 }],
    [{ $deep: { $any: 1 } }, { $any: 1 }],
    [{ $begins: 'ab', $ends: 'cd', $length: 4 }, 'abcd'],
    [{ $contains: 'b' }, 'abc'],
    [{ $contains: ['a', 'c'], $lacks: ['d'] }, 'abc'],
    [{ $regex: '^a.c$' }, 'a😀c'],
    [{ $length: 2 }, [1, 2]],
    [{ $json: { a: { $any: true } } }, '{"a": 5}'],
    [{ $has: { a: { $begins: 'x' } } }, { a: 'xy', b: 2 }],
    [{ $anyOf: ['a', { $length: 2 }] }, 'zz'],
    [{ list: [{ $anyOf: [1, 2] }] }, { list: [2] }],
    [JSON.parse('{"__proto__": {"z": 1}}'), JSON.parse('{"__proto__": {"z": 1}}')],
  ]
  test.each(fitting)('mismatch() finds that %j fits %j', (expected, actual) => {
    expect(mismatch(expected, actual)).toBeNull()
  })

  const unfit: readonly [expected: unknown, actual: unknown, problem: string][] = [
    [0, -0, 'expected 0, got -0'],
    [null, undefined, 'expected null, got undefined'],
    [[1, 2], [1], 'expected 2 elements [1,2], got 1: [1]'],
    [[1], { 0: 1 }, 'expected a list, got {"0":1}'],
    [{ a: 1 }, { a: 1, b: 2 }, 'unexpected member "b" in {"a":1,"b":2}'],
    [{ a: 1, b: 2 }, { a: 1 }, 'missing member "b" in {"a":1}'],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }, '.a: [0]: .b: expected 1, got 2'],
    [{ $deep: { a: { $any: true } } }, { a: 1 }, '.a: expected an object, got 1'],
    [{ $begins: 'b' }, 'ab', 'expected to begin with "b", got "ab"'],
    [{ $begins: 'b' }, 5, 'expected a string, got 5'],
    [{ $ends: 'a' }, 'ab', 'expected to end with "a", got "ab"'],
    [{ $contains: ['a', 'z'] }, 'ab', 'expected to contain "z", got "ab"'],
    [{ $lacks: 'a' }, 'ab', 'expected not to contain "a", got "ab"'],
    [{ $regex: '^b' }, 'ab', 'expected to match "^b", got "ab"'],
    [{ $length: 3 }, 'ab', 'expected length 3, got 2: "ab"'],
    [{ $json: 1 }, '{', 'expected JSON text, got "{"'],
    [{ $json: 1 }, '2', ' as JSON: expected 1, got 2'],
    [{ $has: { a: null } }, {}, 'missing member "a" in {}'],
    [{ $anyOf: [1, 2] }, 3, 'expected one of [1,2], got 3'],
    [JSON.parse('{"__proto__": 1}'), {}, 'missing member "__proto__" in {}'],
  ]
  test.each(unfit)('mismatch() finds that %j does not fit %j', (expected, actual, problem) => {
    expect(mismatch(expected, actual)).toBe(problem)
  })

  test.each([{ $begin: 'a' }, { $any: true, text: 'a' }, { $contains: [1] }, { $anyOf: 1 }, { $has: 1 }])(
    'mismatch() refuses the matcher %j',
    (matcher) => {
      expect(() => mismatch(matcher, 'a')).toThrow(TypeError)
    },
  )
})

describe('itemsMismatch()', () => {
  const text = { type: 'input_text', text: 'abc' }
  const image = { type: 'input_image', image_url: 'data:image/png;base64,AA', detail: 'high' }

  test.each([
    [['abc'], [text]],
    [[{ $begins: 'a' }], [text]],
    [[{ type: 'input_text', text: { $length: 3 } }], [text]],
    [
      [{ $item: { $has: { type: 'input_image' } } }, 'abc'],
      [image, text],
    ],
    [[image], [image]],
    [{ $anyOf: [[], ['abc']] }, [text]],
    [{ $length: 2 }, [image, text]],
  ])('itemsMismatch() finds that %j fits', (expected, actual) => {
    expect(itemsMismatch(expected, actual)).toBeNull()
  })

  test.each([
    [['abd'], [text], '[0]: .text: expected "abd", got "abc"'],
    [
      ['abc'],
      [image],
      '[0]: unexpected member "image_url" in {"type":"input_image","image_url":"data:image/png;base64,AA","detail":"high"}',
    ],
    [[{ $item: { $has: { text: 'x' } } }], [text], '[0]: .text: expected "x", got "abc"'],
    [[], [text], 'expected 0 elements [], got 1: [{"type":"input_text","text":"abc"}]'],
  ])('itemsMismatch() finds that %j does not fit', (expected, actual, problem) => {
    expect(itemsMismatch(expected, actual)).toBe(problem)
  })

  test('itemsMismatch() refuses $item together with other matchers', () => {
    expect(() => itemsMismatch([{ $item: {}, $any: true }], [text])).toThrow('Cannot use matcher "$item" beside others')
  })
})
