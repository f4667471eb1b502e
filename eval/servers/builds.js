import { createDatabase } from './lib/database.js'
import { randomOf } from './lib/random.js'
import { CallError, dateOf, integer, pageOf, serve, text } from './lib/serve.js'

// A build system: pipelines, runs with long logs, deployments.

const random = randomOf(97)
const pipelines = ['web', 'payments', 'mobile', 'docs']
const tests = [
  'cart adds items',
  'cart removes items',
  'login keeps the session',
  'search ranks names',
  'export writes rows',
  'sync retries',
  'upload resumes',
  'totals round',
]
const runs = []
for (let at = 0; at < 90; at++) {
  const pipeline = random.pick(pipelines)
  const minute = at * 45
  const failed = tests.filter((name) => random.happens(name === 'sync retries' ? 0.4 : 0.08))
  runs.push({
    id: 3001 + at,
    pipeline,
    commit_id: random.integer(0x1000000, 0xfffffff).toString(16),
    started: new Date(Date.parse('2026-03-12T00:00:00Z') + minute * 60_000).toISOString().slice(0, 16) + 'Z',
    status: failed.length === 0 ? 'passed' : 'failed',
    failed: failed.join('|'),
    polls: null,
  })
}
const deployments = [
  ['2026-03-14T09:05Z', 'checkout', '5d0c2aa'],
  ['2026-03-14T13:50Z', 'ledger', 'b7719e0'],
  ['2026-03-14T14:20Z', 'payments', 'c41fe09'],
  ['2026-03-14T14:55Z', 'payments', 'c41fe09-config'],
  ['2026-03-14T16:10Z', 'search', '90ab117'],
].map(([time, service, version]) => ({ time, service, version }))

const database = createDatabase('builds.db', {
  runs: {
    columns:
      'id INTEGER PRIMARY KEY, pipeline TEXT, commit_id TEXT, started TEXT, status TEXT, failed TEXT, polls INTEGER',
    rows: runs,
  },
})

const runOf = (id) => {
  const found = database.get('SELECT * FROM runs WHERE id = ?', id)
  if (found === undefined) throw new CallError(`run ${id} not found`)
  return found
}
const shown = ({ id, pipeline, commit_id: commit, started, status }) => ({ id, pipeline, commit, started, status })

/** Returns a long log, in which failed tests are single lines. */
function logOf({ id, failed }) {
  const noise = randomOf(id)
  const wrong = failed === '' ? [] : failed.split('|')
  const lines = Array.from(
    { length: 160 },
    (_, at) =>
      `${String(at).padStart(4, '0')} compiling module ${noise.integer(1000, 9999)} in ${noise.integer(1, 900)} ms`,
  )
  for (const name of tests)
    lines.splice(noise.integer(20, lines.length), 0, wrong.includes(name) ? `not ok - ${name}` : `ok - ${name}`)
  return lines.join('\n')
}

serve('builds', {
  list_runs: {
    description: 'Lists runs, the newest first, 15 per page. Pipelines: web, payments, mobile, docs.',
    input: { pipeline: text(), page: integer() },
    call({ pipeline = null, page }) {
      const found = database.all('SELECT * FROM runs WHERE pipeline = coalesce(?, pipeline) ORDER BY id DESC', pipeline)
      const { items, next_page } = pageOf(found, page, 15)
      return { runs: items.map(shown), next_page }
    },
  },
  get_run: {
    description: 'Returns a run. Its status is queued, running, passed or failed.',
    input: { id: integer() },
    required: ['id'],
    call({ id }) {
      const run = runOf(id)
      if (run.polls === null) return shown(run)
      // A new run ends after some polls.
      database.run('UPDATE runs SET polls = polls + 1 WHERE id = ?', id)
      const status = run.polls < 2 ? 'queued' : run.polls < 6 ? 'running' : 'passed'
      if (status === 'passed') database.run("UPDATE runs SET status = 'passed' WHERE id = ?", id)
      return {
        ...shown(run),
        status,
        ...(status === 'passed' ? { artifact: `${String(run.pipeline)}-${id}-final.tgz` } : {}),
      }
    },
  },
  get_log: {
    description: 'Returns the complete log of a run as text.',
    input: { id: integer() },
    required: ['id'],
    call: ({ id }) => ({ id, log: logOf(runOf(id)) }),
  },
  start_run: {
    description: 'Starts a run of a pipeline. Runs are expensive, so start one only.',
    input: { pipeline: text(), commit: text() },
    required: ['pipeline', 'commit'],
    readOnly: false,
    call({ pipeline, commit }) {
      if (!pipelines.includes(pipeline)) throw new CallError(`unknown pipeline ${pipeline}`)
      const id = database.get('SELECT max(id) + 1 AS id FROM runs').id
      database.run("INSERT INTO runs VALUES (?, ?, ?, '2026-03-16T09:00Z', 'queued', '', 0)", id, pipeline, commit)
      return { id, status: 'queued' }
    },
  },
  list_deployments: {
    description: 'Lists the deployments of a day (YYYY-MM-DD) by time.',
    input: { date: text() },
    required: ['date'],
    call: ({ date }) => ({ deployments: deployments.filter(({ time }) => time.startsWith(dateOf(date, 'date'))) }),
  },
})
