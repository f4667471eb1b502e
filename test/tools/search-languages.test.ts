import { expect, test } from 'vitest'
import { createCatalogue } from '../../src/agent.ts'
import type { Tool } from '../../src/index.ts'

const tool = (name: string, description: string, server = 's'): Tool => ({
  name,
  description,
  server,
  namespace: `mcp__${server}`,
  call: () => null,
})

const tools = [
  tool('weather', '查询指定城市的天气预报'),
  tool('读取文件', '读取文件的全部内容'),
  tool('写入文件', '把内容写到文件里'),
  tool('forecast', '東京の天気を予報するサービス'),
  tool('カタカナ変換', 'ひらがなをカタカナに変換する'),
  tool('날씨조회', '도시의 날씨를 조회합니다'),
  tool('traffic', 'รายงานการจราจรและสภาพอากาศ'),
  tool('my.tool/name', 'Does something'),
  tool('hôtels', 'Réserve une chambre à Zürich ou Kraków'),
  tool('wide', 'ＧｉｔＨｕｂ　ｒｅｐｏｓｉｔｏｒｙ'),
  tool('mixed', '导出GitHub仓库的issues列表'),
  tool('город', 'Погода в городе Орёл'),
  tool('echo', 'Repeats', 'my-server'),
  tool('طقس', 'يعرض حالة الطَّقْس في المدينة، وبالأيام القادمة'),
  tool('שלח', 'שולח הודעה למשתמשים בקבוצה'),
]

const catalogue = createCatalogue(tools)

function found(query: string): readonly string[] {
  return catalogue.search(query, 20).map((entry) => entry.tool.name)
}

test.each([
  ['天气', ['weather']],
  ['طقس', ['طقس']],
  ['والطقس', ['طقس']],
  ['مدينة', ['طقس']],
  ['المدينه', ['طقس']],
  ['أيام', ['طقس']],
  ['الـقـادمة', ['طقس']],
  ['משתמשים', ['שלח']],
  ['קבוצה', ['שלח']],
  ['ההודעה', ['שלח']],
  ['城市天气', ['weather']],
  ['帮我查一下北京的天气预报', ['weather']],
  ['读取文件', ['读取文件', '写入文件']],
  ['读取', ['读取文件']],
  ['写', ['写入文件']],
  ['天気', ['forecast']],
  ['サービス', ['forecast']],
  ['ｶﾀｶﾅ', ['カタカナ変換']],
  ['날씨', ['날씨조회']],
  ['날씨를 알려줘', ['날씨조회']],
  ['อากาศ', ['traffic']],
  ['tool/name', ['my.tool/name']],
  ['hotels', ['hôtels']],
  ['HÔTELS', ['hôtels']],
  ['zurich', ['hôtels']],
  ['Zu\u0308rich', ['hôtels']],
  ['kraków chambre', ['hôtels']],
  ['орел', ['город']],
  ['город', ['город']],
  ['仓库', ['mixed']],
  ['github', ['mixed', 'wide']],
  ['ｇｉｔｈｕｂ', ['mixed', 'wide']],
  ['github仓库', ['mixed', 'wide']],
  ['仓库issues', ['mixed']],
  ['my-server', ['echo', 'my.tool/name']],
])('the query "%s" finds the tools that people of that language mean', (query, names) => {
  expect(found(query).toSorted()).toEqual([...names].toSorted())
})

test('the best match of several words is first', () => {
  expect(found('github仓库')[0]).toBe('mixed')
  expect(found('读取文件')[0]).toBe('读取文件')
})

test('the search finds the same tools in the same order for any order of tools', () => {
  const reversed = createCatalogue(tools.toReversed())
  for (const query of ['天气', '文件', 'github', '내용 날씨']) {
    expect(reversed.search(query, 20).map(({ identifier }) => identifier)).toEqual(
      catalogue.search(query, 20).map(({ identifier }) => identifier),
    )
  }
})

test.each(['，。！', '　', '\u0301', '🌦️', '\ud800'])('the query %j finds nothing', (query) => {
  expect(found(query)).toEqual([])
})
