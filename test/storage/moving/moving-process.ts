import { pullFromStore } from '../../../src/storage/moving/pull-session.ts'
import { pushToStore } from '../../../src/storage/moving/push-session.ts'
import { postgresStore, sqliteStore } from '../../../src/store.ts'

// node moving-process.ts push|pull FOLDER URL STEP
// Moves the session "s". Kills this process after the step; prints "moved" otherwise.

const [verb, root = '', url = '', lastStep] = process.argv.slice(2)
const path = /^sqlite:(.*)$/.exec(url)?.[1]
const options = { leaseMs: 3000 }
const store = path === undefined ? postgresStore(url, options) : sqliteStore(path, options)
const move = verb === 'push' ? pushToStore : pullFromStore
process.stdout.write('started\n')
await move({
  root,
  store,
  id: 's',
  onStep: (step) => {
    if (step === lastStep) process.kill(process.pid, 'SIGKILL')
  },
})
process.stdout.write('moved\n')
await store[Symbol.asyncDispose]()
