import { createDatabase } from './lib/database.js'
import { dayAfter } from './lib/names.js'
import { randomOf } from './lib/random.js'
import { CallError, integer, serve, text, timeOf } from './lib/serve.js'

// Calendars of six people in different time zones.

const random = randomOf(41)
const people = [
  ['ana', '+00:00'],
  ['bo', '+01:00'],
  ['cyd', '-05:00'],
  ['dev', '+05:30'],
  ['eli', '+00:00'],
  ['fay', '+02:00'],
].map(([name, offset]) => ({ name, offset }))
const titles = ['Review', 'Planning', 'Interview', 'Demo', 'One to one', 'Workshop', 'Call with supplier']

function instant(date, minutes, offset) {
  const at = Date.parse(`${date}T00:00:00Z`) + minutes * 60_000
  const [, sign, hours, rest] = /([+-])(\d\d):(\d\d)/.exec(offset)
  const shift = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(rest))
  return `${new Date(at + shift * 60_000).toISOString().slice(0, 19)}${offset}`
}

const events = []
/** Adds the events of a person on a day. Each person's calendar has the times of that person's zone. */
function addEvents(date, { name, offset }) {
  let minutes = 8 * 60 + 30
  while (minutes < 16 * 60) {
    minutes += random.integer(0, 3) * 30
    const length = random.pick([30, 30, 60, 90])
    const id = `e${100 + events.length}`
    const title = random.pick(titles)
    const [start, end] = [instant(date, minutes, offset), instant(date, minutes + length, offset)]
    if (minutes + length <= 17 * 60) events.push({ id, owner: name, title, start, end })
    minutes += length
  }
}

for (let day = 0; day < 12; day++) {
  const date = dayAfter('2026-03-16', day)
  const isWeekend = [0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay())
  for (const person of isWeekend ? [] : people) addEvents(date, person)
}
events.push({
  id: 'e900',
  owner: 'eli',
  title: 'Budget approval',
  start: '2026-03-24T18:00:00+00:00',
  end: '2026-03-24T18:45:00+00:00',
})
events.push({
  id: 'e901',
  owner: 'eli',
  title: 'Budget approval (cancelled)',
  start: '2026-03-18T18:00:00+00:00',
  end: '2026-03-18T18:45:00+00:00',
})

const database = createDatabase('calendar.db', {
  events: { columns: 'id TEXT PRIMARY KEY, owner TEXT, title TEXT, "start" TEXT, "end" TEXT', rows: events },
  meetings: { columns: 'id INTEGER PRIMARY KEY, title TEXT, start_utc TEXT, end_utc TEXT, attendees TEXT', rows: [] },
})

const utc = (ms) => new Date(ms).toISOString().slice(0, 16)
const personOf = (name) => {
  if (!people.some((person) => person.name === name)) throw new CallError(`unknown person ${name}`)
  return name
}
const between = (owner, from, to) =>
  database
    .all('SELECT id, owner, title, "start", "end" FROM events WHERE owner = ?', owner)
    .filter(({ start, end }) => Date.parse(start) < to && Date.parse(end) > from)
    .sort((one, other) => Date.parse(one.start) - Date.parse(other.start))

serve('calendar', {
  list_people: {
    description: 'Lists the people with calendars.',
    call: () => ({ people }),
  },
  list_events: {
    description: 'Lists the events of a person that overlap a range, by time. Times have the zone of the person.',
    input: { person: text(), from: text('ISO 8601 with zone'), to: text('ISO 8601 with zone') },
    required: ['person', 'from', 'to'],
    call: ({ person, from, to }) => ({ events: between(personOf(person), timeOf(from, 'from'), timeOf(to, 'to')) }),
  },
  create_meeting: {
    description:
      'Creates a meeting with invitations. Fails if an attendee has another event then. It sends mails, so create it once.',
    input: {
      title: text(),
      start: text('ISO 8601 with zone'),
      minutes: integer(),
      attendees: { type: 'array', items: { type: 'string' } },
    },
    required: ['title', 'start', 'minutes', 'attendees'],
    readOnly: false,
    call({ title, start, minutes, attendees }) {
      const from = timeOf(start, 'start')
      const to = from + minutes * 60_000
      const busy = attendees.filter((person) => between(personOf(person), from, to).length > 0)
      if (busy.length > 0) throw new CallError(`busy: ${busy.join(', ')}`)
      database.run(
        'INSERT INTO meetings (title, start_utc, end_utc, attendees) VALUES (?, ?, ?, ?)',
        title,
        utc(from),
        utc(to),
        attendees.toSorted().join(','),
      )
      return { created: true, title, start: utc(from) }
    },
  },
  delete_event: {
    description: 'Deletes an event.',
    input: { id: text() },
    required: ['id'],
    readOnly: false,
    call({ id }) {
      const { changes } = database.run('DELETE FROM events WHERE id = ?', id)
      if (changes === 0) throw new CallError(`event ${id} not found`)
      return { deleted: id }
    },
  },
})
