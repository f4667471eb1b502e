import { createDatabase } from './lib/database.js'
import { dayAfter } from './lib/names.js'
import { randomOf } from './lib/random.js'
import { CallError, integer, pageOf, serve, text } from './lib/serve.js'

// A wiki with versions of pages. Another author changes the page "on-call" while the model works on it.

const random = randomOf(83)
const names = Array.from({ length: 80 }, (_, at) => `${random.pick(['guide', 'team', 'service', 'policy'])}-${at + 1}`)
const missing = ['guide-400', 'team-401', 'old-handbook']
const pages = names.map((id) => {
  const links = Array.from({ length: random.integer(0, 4) }, () => random.pick(names))
  if (random.happens(0.08)) links.push(random.pick(missing))
  const owner = random.pick(['rami', 'sena', 'tove'])
  return {
    id,
    title: `About ${id.replace('-', ' ')}`,
    version: random.integer(1, 9),
    updated: dayAfter('2025-01-10', random.integer(0, 420)),
    body: `Owner: ${owner}\nThis page describes ${id}.\n${links.map((link) => `See [[${link}]].`).join('\n')}\n`,
  }
})
pages.push({
  id: 'on-call',
  title: 'On-call duty',
  version: 7,
  updated: '2026-03-01',
  body: 'Phone: +43 1 555 0101\nHours: 08:00-20:00\nBackup: sena\n',
})
const database = createDatabase('wiki.db', {
  pages: { columns: 'id TEXT PRIMARY KEY, title TEXT, version INTEGER, updated TEXT, body TEXT', rows: pages },
})
let updates = 0

const pageBy = (id) => {
  const found = database.get('SELECT * FROM pages WHERE id = ?', id)
  if (found === undefined) throw new CallError(`page ${id} not found`)
  return found
}

serve('wiki', {
  list_pages: {
    description: 'Lists pages by id, 30 per page of the list, without their bodies.',
    input: { page: integer() },
    call({ page }) {
      const { items, next_page } = pageOf(database.all('SELECT id, title, updated FROM pages ORDER BY id'), page, 30)
      return { pages: items, next_page }
    },
  },
  search_pages: {
    description: 'Finds pages that contain a text; returns the best 5.',
    input: { query: text() },
    required: ['query'],
    call: ({ query }) => ({
      pages: database.all(
        "SELECT id, title FROM pages WHERE title || '\n' || body LIKE ? ORDER BY id LIMIT 5",
        `%${query}%`,
      ),
    }),
  },
  get_page: {
    description: 'Returns a page with its body and version.',
    input: { id: text() },
    required: ['id'],
    call: ({ id }) => pageBy(id),
  },
  update_page: {
    description: 'Replaces the body of a page. Fails unless version is the current one.',
    input: { id: text(), body: text(), version: integer() },
    required: ['id', 'body', 'version'],
    readOnly: false,
    call({ id, body, version }) {
      pageBy(id)
      if (id === 'on-call' && updates++ === 0) {
        // Another author is faster.
        database.run(
          "UPDATE pages SET version = version + 1, body = replace(body, 'Backup: sena', 'Backup: tove') WHERE id = ?",
          id,
        )
      }
      const { version: current } = pageBy(id)
      if (version !== current)
        throw new CallError(`conflict: the current version is ${Number(current)}, not ${version}`)
      database.run('UPDATE pages SET body = ?, version = version + 1 WHERE id = ?', body, id)
      return { id, version: current + 1 }
    },
  },
})
