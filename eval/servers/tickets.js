import { createDatabase } from './lib/database.js'
import { dayAfter } from './lib/names.js'
import { randomOf } from './lib/random.js'
import { CallError, integer, serve, text } from './lib/serve.js'

// A tracker of tickets. Two of its users have the same name.

const random = randomOf(53)
const users = [
  ['u11', 'Alex Kim', 'Search'],
  ['u12', 'Bruno Sá', 'Payments'],
  ['u13', 'Chen Wei', 'Mobile'],
  ['u14', 'Dana Fox', 'Search'],
  ['u15', 'Emre Aydin', 'Mobile'],
  ['u16', 'Alex Kim', 'Payments'],
  ['u17', 'Fatou Ba', 'Payments'],
].map(([id, name, team]) => ({ id, name, team }))
const subjects = ['Login', 'Checkout', 'Search page', 'Export', 'Settings', 'Push message', 'Upload', 'Receipt']
const problems = ['crashes', 'is slow', 'shows wrong totals', 'ignores the language', 'loses the session', 'has a typo']
const places = ['on Android', 'on iOS', 'in Safari', 'in Firefox', 'after an update', 'without network']
const tickets = []
const comments = []
const combinations = random.shuffled(
  subjects.flatMap((subject) => problems.flatMap((problem) => places.map((place) => `${subject} ${problem} ${place}`))),
)
for (let at = 0; at < 240; at++) {
  const project = random.pick(['WEB', 'APP', 'API'])
  const created = dayAfter('2025-09-01', Math.floor(at * 0.8))
  const id = `${project}-${100 + at}`
  const count = random.integer(0, 6)
  tickets.push({
    id,
    project,
    title: combinations[at],
    type: random.pick(['bug', 'bug', 'feature', 'task']),
    state: random.pick(['open', 'open', 'closed', 'closed', 'in progress']),
    assignee: random.pick([null, ...users.map((user) => user.id)]),
    created,
    updated: dayAfter(created, random.integer(0, 40)),
  })
  for (let comment = 0; comment < count; comment++) {
    comments.push({
      ticket: id,
      author: random.pick(users).id,
      text: random.pick(['Same here.', 'Any news?', 'Works for me.', 'See the log.']),
    })
  }
}
// Duplicates: the same title in other letters.
for (const [at, number] of Object.entries({ 12: 400, 77: 401, 150: 402 })) {
  const original = tickets[at]
  original.state = 'open'
  const date = '2026-03-10'
  const copy = { title: original.title.toUpperCase(), state: 'open', created: date, updated: date }
  tickets.push({ ...original, ...copy, id: `${original.project}-${number}` })
}

const database = createDatabase('tickets.db', {
  tickets: {
    columns:
      'id TEXT PRIMARY KEY, project TEXT, title TEXT, type TEXT, state TEXT, assignee TEXT, created TEXT, updated TEXT',
    rows: tickets,
  },
  comments: { columns: 'ticket TEXT, author TEXT, text TEXT', rows: comments },
})

const ticketOf = (id) => {
  const found = database.get('SELECT * FROM tickets WHERE id = ?', id)
  if (found === undefined) throw new CallError(`ticket ${id} not found`)
  return found
}

serve('tickets', {
  list_tickets: {
    description: 'Lists tickets, 30 at a time. Pass the cursor of one response to get the next ones.',
    input: {
      project: text('WEB, APP or API'),
      state: text('open, in progress or closed'),
      type: text('bug, feature or task'),
      cursor: text(),
    },
    call({ project = null, state = null, type = null, cursor = '' }) {
      const found = database.all(
        `SELECT * FROM tickets WHERE project = coalesce(?, project) AND state = coalesce(?, state) AND type = coalesce(?, type)
         AND id > ? ORDER BY id LIMIT 31`,
        project,
        state,
        type,
        cursor,
      )
      const shown = found.slice(0, 30)
      return { tickets: shown, cursor: found.length > 30 ? shown.at(-1).id : null }
    },
  },
  get_ticket: {
    description: 'Returns a ticket with its comments.',
    input: { id: text() },
    required: ['id'],
    call: ({ id }) => ({
      ...ticketOf(id),
      comments: database.all('SELECT author, text FROM comments WHERE ticket = ?', id),
    }),
  },
  find_users: {
    description: 'Finds users by a part of their name.',
    input: { name: text() },
    required: ['name'],
    call: ({ name }) => ({
      users: users
        .filter((user) => user.name.toLowerCase().includes(name.toLowerCase()))
        .map(({ id, name: full }) => ({ id, name: full })),
    }),
  },
  get_user: {
    description: 'Returns a user with the team.',
    input: { id: text() },
    required: ['id'],
    call({ id }) {
      const found = users.find((user) => user.id === id)
      if (found === undefined) throw new CallError(`user ${id} not found`)
      return found
    },
  },
  add_comment: {
    description: 'Adds a comment to a ticket.',
    input: { id: text(), text: text() },
    required: ['id', 'text'],
    readOnly: false,
    call({ id, text: content }) {
      database.run("INSERT INTO comments VALUES (?, 'me', ?)", ticketOf(id).id, content)
      return { added: true }
    },
  },
  set_state: {
    description: 'Sets the state of a ticket.',
    input: { id: text(), state: text('open, in progress or closed') },
    required: ['id', 'state'],
    readOnly: false,
    call({ id, state }) {
      if (!['open', 'in progress', 'closed'].includes(state)) throw new CallError(`unknown state ${state}`)
      database.run('UPDATE tickets SET state = ? WHERE id = ?', state, ticketOf(id).id)
      return ticketOf(id)
    },
  },
  assign: {
    description: 'Assigns a ticket to a user by id.',
    input: { id: text(), user: text() },
    required: ['id', 'user'],
    readOnly: false,
    call({ id, user }) {
      if (!users.some((known) => known.id === user)) throw new CallError(`user ${user} not found`)
      database.run('UPDATE tickets SET assignee = ? WHERE id = ?', user, ticketOf(id).id)
      return ticketOf(id)
    },
  },
  count_comments: {
    description: 'Returns the number of comments of a ticket.',
    input: { id: text(), max: integer() },
    required: ['id'],
    call: ({ id }) => ({ id, count: database.all('SELECT * FROM comments WHERE ticket = ?', ticketOf(id).id).length }),
  },
})
