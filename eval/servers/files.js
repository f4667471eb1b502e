import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { dayAfter } from './lib/names.js'
import { randomOf } from './lib/random.js'
import { CallError, integer, serve, text } from './lib/serve.js'

// Files of a small company: invoices, configurations, notes. They are real files in the folder "files" of the run.

const root = 'files'
const random = randomOf(23)
const vendors = ['Halden GmbH', 'Halden & Sons', 'Nordlicht AG', 'Pine Supplies', 'Quarry Ltd', 'Rapid Print']

function put(path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

for (let number = 4001; number <= 4040; number++) {
  const vendor = random.pick(vendors)
  const date = dayAfter('2026-01-02', random.integer(0, 60))
  const due = dayAfter(date, random.pick([14, 30]))
  const items = Array.from({ length: random.integer(1, 4) }, () => [random.integer(1, 9), random.integer(200, 9900)])
  const total = items.reduce((sum, [count, cents]) => sum + count * cents, 0)
  const rows = items.map(([count, cents], at) => `${at + 1}. ${count} x ${(cents / 100).toFixed(2)} EUR`)
  const isPaid = random.happens(0.6)
  put(
    `invoices/inv-${number}.txt`,
    `INVOICE ${number}\nVendor: ${vendor}\nDate: ${date}\nDue: ${due}\n\n${rows.join('\n')}\n\nTotal: ${(total / 100).toFixed(2)} EUR\nPaid: ${isPaid ? dayAfter(date, random.integer(1, 12)) : 'no'}\n`,
  )
}
for (let number = 1; number <= 24; number++) {
  const name = `app-${String(number).padStart(2, '0')}`
  const http = {
    timeout: random.integer(1, 9) * 1000,
    ...(random.happens(0.6) ? { retries: random.integer(1, 6) } : {}),
  }
  const queue = random.happens(0.5) ? { queue: { retries: random.integer(1, 6) } } : {}
  const version = `${random.integer(1, 4)}.${random.integer(0, 20)}.${random.integer(0, 9)}`
  put(`config/${name}.json`, `${JSON.stringify({ name, version, http, ...queue }, null, 2)}\n`)
}
for (let number = 1; number <= 30; number++) {
  const status = random.pick(['open', 'done', 'waiting', 'done?'])
  put(
    `notes/note-${String(number).padStart(2, '0')}.txt`,
    `status: ${status}\ntopic: ${random.pick(['budget', 'hiring', 'office', 'travel'])}\n\nThe status was done before, see above.\n`,
  )
}

/** Returns the path below the root. */
function inside(path) {
  const plain = normalize(path).replace(/^[\\/]+/, '')
  if (plain.split(sep).includes('..')) throw new CallError(`the path ${path} is outside of the files`)
  return join(root, plain)
}

function file(path) {
  const found = inside(path)
  if (!existsSync(found) || !statSync(found).isFile()) throw new CallError(`no such file: ${path}`)
  return found
}

serve('files', {
  list_folder: {
    description: 'Lists the names in a folder; folders end with "/". "" is the root.',
    input: { path: text() },
    required: ['path'],
    call({ path }) {
      const folder = inside(path)
      if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new CallError(`no such folder: ${path}`)
      const entries = readdirSync(folder, { withFileTypes: true })
      return { names: entries.map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`).sort() }
    },
  },
  read_file: {
    description: 'Returns the text of a file.',
    input: { path: text('e.g. notes/note-01.txt') },
    required: ['path'],
    call: ({ path }) => ({ path, text: readFileSync(file(path), 'utf8') }),
  },
  write_file: {
    description: 'Writes a file, with its folders, and replaces an existing one.',
    input: { path: text(), text: text() },
    required: ['path', 'text'],
    readOnly: false,
    call({ path, text: content }) {
      const target = inside(path)
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, content)
      return { path, characters: content.length }
    },
  },
  move_file: {
    description: 'Moves a file. Fails if the target exists.',
    input: { from: text(), to: text() },
    required: ['from', 'to'],
    readOnly: false,
    call({ from, to }) {
      const [source, target] = [file(from), inside(to)]
      if (existsSync(target)) throw new CallError(`the file ${to} exists`)
      mkdirSync(dirname(target), { recursive: true })
      renameSync(source, target)
      return { from, to }
    },
  },
  delete_file: {
    description: 'Deletes a file.',
    input: { path: text() },
    required: ['path'],
    readOnly: false,
    call({ path }) {
      rmSync(file(path))
      return { deleted: path }
    },
  },
  search_text: {
    description: 'Finds the lines of files below a folder that contain a text. Returns the first 10 lines only.',
    input: { path: text(), query: text(), max: integer('at most 10') },
    required: ['path', 'query'],
    call({ path, query, max = 10 }) {
      const folder = inside(path)
      const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      const lines = names.flatMap((entry) => {
        const full = join(entry.parentPath, entry.name)
        const found = readFileSync(full, 'utf8').split('\n')
        return found.flatMap((line, at) =>
          line.includes(query)
            ? [{ path: full.slice(root.length + 1).replaceAll(sep, '/'), line: at + 1, text: line }]
            : [],
        )
      })
      return { lines: lines.slice(0, Math.min(10, max)) }
    },
  },
})
