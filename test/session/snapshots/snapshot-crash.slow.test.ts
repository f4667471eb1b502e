import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { builtProgram, type SourceChange } from '../../support/built-program.ts'
import { newFolder } from '../../support/folder.ts'
import { expected } from './counting-program.ts'

const agent = new URL('../../durability/snapshot-agent.ts', import.meta.url)
const file = 'src/storage/disk/files/snapshot-file.ts'
const write = 'for (let from = 0; from < content.length;) from += writeSync(descriptor, content, from)'
const rename = 'renameSync(unfinished, path)'
const kill = `process.kill(process.pid, 'SIGKILL')`
/** Whether this is the file at which the process is killed. */
const isHere = `path.endsWith(process.env['CODECELL_KILL_AT'])`

const changes: readonly SourceChange[] = [
  { name: 'kill-before-write', file, from: write, to: `if (${isHere}) ${kill}; ${write}` },
  {
    name: 'kill-in-write',
    file,
    from: write,
    to: `if (${isHere}) { writeSync(descriptor, content, 0, 9); ${kill} } ${write}`,
  },
  { name: 'kill-before-rename', file, from: rename, to: `if (${isHere}) ${kill}; ${rename}` },
  { name: 'kill-after-rename', file, from: rename, to: `${rename}; if (${isHere}) ${kill}` },
]

const kills = ['snapshots.key', '1.snapshot'].flatMap((name) =>
  changes.map((change) => [name, change.name, change] as const),
)

test.each(kills)('a cell resumes after its process was killed at the write of %s: %s', async (name, _, change) => {
  const location = newFolder()
  const args = ['--disable-warning=ExperimentalWarning']
  const killed = promisify(execFile)(
    process.execPath,
    [...args, await builtProgram(agent, change), location, 'begin'],
    {
      env: { ...process.env, CODECELL_KILL_AT: name },
    },
  )
  await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' })
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...args,
    await builtProgram(agent),
    location,
    'finish',
  ])
  const isThere = name === '1.snapshot' && change.name === 'kill-after-rename'
  expect(JSON.parse(stdout)).toEqual({
    texts: expected,
    restores: isThere ? 1 : 0,
    sent: isThere ? 2 : 402,
    warnings: [],
  })
  expect(readdirSync(join(location, 's', 'cells'))).toEqual([])
})
