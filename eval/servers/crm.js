import { createDatabase } from './lib/database.js'
import { dayAfter } from './lib/names.js'
import { randomOf } from './lib/random.js'
import { CallError, integer, pageOf, serve, text } from './lib/serve.js'

// Customers of a seller: companies with similar names, deals, and a tool whose result is out of date.

const random = randomOf(71)
const firstWords = ['Northwind', 'Bluefield', 'Corvid', 'Delta', 'Everest', 'Foxglove', 'Granite', 'Harbor']
const lastWords = ['Ltd', 'Logistics', 'Labs', 'Foods', 'Energy', 'Media', 'Partners', 'Systems']
const companies = firstWords
  .flatMap((one) => lastWords.map((other) => `${one} ${other}`))
  .map((name, at) => ({
    id: 7001 + at,
    name,
    country: random.pick(['AT', 'DE', 'DK', 'FR', 'NL']),
    phone: `+49 30 ${random.integer(100_000, 999_999)}`,
  }))
const stages = ['lead', 'proposal', 'negotiation', 'won', 'lost']
const owners = ['gil', 'hana', 'ivo', 'juna']
const deals = Array.from({ length: 150 }, (_, at) => ({
  id: 9001 + at,
  company_id: random.pick(companies).id,
  title: `${random.pick(['Licenses', 'Support', 'Training', 'Hardware', 'Migration'])} ${2025 + random.integer(0, 1)}`,
  stage: random.pick(stages),
  owner: random.pick(owners),
  amount: random.integer(4, 240) * 250,
  last_activity: dayAfter('2025-10-01', random.integer(0, 165)),
}))

const database = createDatabase('crm.db', {
  companies: { columns: 'id INTEGER PRIMARY KEY, name TEXT, country TEXT, phone TEXT', rows: companies },
  deals: {
    columns:
      'id INTEGER PRIMARY KEY, company_id INTEGER, title TEXT, stage TEXT, owner TEXT, amount INTEGER, last_activity TEXT',
    rows: deals,
  },
  notes: { columns: 'id INTEGER PRIMARY KEY, company_id INTEGER, text TEXT', rows: [] },
})

const dealOf = (id) => {
  const found = database.get('SELECT * FROM deals WHERE id = ?', id)
  if (found === undefined) throw new CallError(`deal ${id} not found`)
  return found
}

serve('crm', {
  search_companies: {
    description: 'Finds companies by a part of their name.',
    input: { name: text() },
    required: ['name'],
    call: ({ name }) => ({
      companies: database.all('SELECT id, name, country FROM companies WHERE name LIKE ? ORDER BY id', `%${name}%`),
    }),
  },
  get_company: {
    description: 'Returns a company with its phone number.',
    input: { id: integer() },
    required: ['id'],
    call({ id }) {
      const found = database.get('SELECT * FROM companies WHERE id = ?', id)
      if (found === undefined) throw new CallError(`company ${id} not found`)
      return found
    },
  },
  list_deals: {
    description: 'Lists deals, 20 per page. Stages: lead, proposal, negotiation, won, lost, stalled.',
    input: { stage: text(), owner: text(), company_id: integer(), page: integer() },
    call({ stage = null, owner = null, company_id: company = null, page }) {
      const found = database.all(
        'SELECT id, company_id, title, stage, owner, amount FROM deals WHERE stage = coalesce(?, stage) AND owner = coalesce(?, owner) AND company_id = coalesce(?, company_id) ORDER BY id',
        stage,
        owner,
        company,
      )
      const { items, next_page } = pageOf(found, page, 20)
      return { deals: items, next_page, total: found.length }
    },
  },
  get_deal: {
    description: 'Returns a deal, with the date of its last activity.',
    input: { id: integer() },
    required: ['id'],
    call: ({ id }) => dealOf(id),
  },
  pipeline_total: {
    // The description is wrong: the result is a cached one.
    description: 'Returns the exact current sum of all deals of a stage.',
    input: { stage: text() },
    required: ['stage'],
    call: ({ stage }) => ({
      stage,
      sum: Math.round(
        database.get('SELECT coalesce(sum(amount), 0) AS sum FROM deals WHERE stage = ?', stage).sum * 0.93,
      ),
      computed_at: '2025-12-31T23:00:00Z',
    }),
  },
  set_stage: {
    description: 'Sets the stage of a deal.',
    input: { id: integer(), stage: text() },
    required: ['id', 'stage'],
    readOnly: false,
    call({ id, stage }) {
      if (![...stages, 'stalled'].includes(stage)) throw new CallError(`unknown stage ${stage}`)
      database.run('UPDATE deals SET stage = ? WHERE id = ?', stage, dealOf(id).id)
      return dealOf(id)
    },
  },
  add_note: {
    description: 'Adds a note to a company.',
    input: { company_id: integer(), text: text() },
    required: ['company_id', 'text'],
    readOnly: false,
    call({ company_id: id, text: content }) {
      if (database.get('SELECT * FROM companies WHERE id = ?', id) === undefined)
        throw new CallError(`company ${id} not found`)
      database.run('INSERT INTO notes (company_id, text) VALUES (?, ?)', id, content)
      return { added: true }
    },
  },
})
