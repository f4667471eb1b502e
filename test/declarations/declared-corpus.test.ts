import { expect, test } from 'vitest'
import { declarationFile } from '../../src/declarations/declaration-file.ts'
import { augmentedDescription } from '../../src/declarations/render-tool.ts'
import { sharedMcpTypes } from '../../src/declarations/shared-mcp-types.ts'
import { corpus, recordedShapes } from './corpus.ts'
import { complaintsOf } from './type-checker.ts'

const tools = [...corpus(), ...recordedShapes()]

test('the compiler accepts one file with the declarations of all tools', () => {
  expect(complaintsOf(declarationFile(tools))).toEqual([])
})

test('the compiler accepts the declaration in each description', () => {
  const declarations = tools.map((tool) => {
    const [, code = ''] = augmentedDescription(tool).split(/\n`{3,}(?:ts)?\n?/)
    expect(code).toContain(`declare const tools: { ${tool.identifier}(args: `)
    return code
  })
  const texts = declarations.map((code, at) => `namespace tool${at} {\n${code}\n}`)
  expect(complaintsOf([sharedMcpTypes, ...texts].join('\n'))).toEqual([])
})

test('the compiler refuses each line of a cell that contradicts the declarations, and no other', () => {
  const right = `
    const [found, weather] = await Promise.all([
      tools.carried_tools_search_orders({ customer: "cus_1", status: ["open"], limit: 5 }),
      tools.carried_tools_get_weather({ place: "Graz", days: null }),
    ]);
    for (const order of found.structuredContent?.orders ?? []) text(order.total.amount + order.paid.amount);
    for await (const record of as_settled([tools.carried_tools_ping({}), 1])) {
      if (record.status === "fulfilled") text(record.value);
      else notify(record.reason.message);
      text(record.index + 1);
    }
    await stream_settled(new Map([["a", tools.carried_tools_ping({})]]), ({ index }) => text(index.length));
    content(weather.content);
    for (const block of weather.content) if (block.type === "image" || block.type === "audio") image("data:" + block.mimeType);
    store("key", found); text(load("key").orders);
    await tools.carried_tools_draw({ shapes: [{ kind: "group", members: [{ kind: "line", from: [0, 0], to: [1, 1] }] }] });
    await tools.carried_tools_update_row({ table: "t", values: { a: 1 }, where: { all: [{ column: "a", is: 1 }] } });
    clearTimeout(setTimeout(() => yield_control(), 5));
    text(ALL_TOOLS.map(({ name }) => name));
    exit();`
  const wrong = [
    'await tools.carried_tools_search_orders({ status: ["open"] });',
    'await tools.carried_tools_search_orders({ customer: "c", status: ["lost"] });',
    'await tools.carried_tools_search_orders({ customer: "c", limit: "5" });',
    'await tools.carried_tools_draw({ shapes: [{ kind: "line", from: [0, 0, 0], to: [1, 1] }] });',
    'await tools.carried_tools_update_row({ table: "t", values: { a: 1 } });',
    'await tools.carried_tools_nothing({});',
    'text((await tools.carried_tools_get_weather({ place: "Graz" })).structuredContent?.days[0]?.heat);',
    'console.log(1);',
  ]
  const program = `${declarationFile(corpus())}\nexport {};\n{${right}\n}\n${wrong.join('\n')}`
  const lines = program.split('\n')
  expect(complaintsOf(program).map(({ line }) => lines[line])).toEqual(wrong)
})
