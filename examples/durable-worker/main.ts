// Starts the worker, and kills it twice in the middle of a call. The program completes, and no call is made twice. Run: npm start
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { startBank } from './bank.ts'

// The worker is killed when the bank has recorded these entries, and before it responds.
const kills = new Set(['payment Bo', 'letter Cy'])

let kill = (): void => undefined
await using bank = await startBank((entry) => {
  if (!kills.delete(entry)) return
  console.log(`the bank has recorded "${entry}": SIGKILL`)
  kill()
})

await rm('./sessions', { recursive: true, force: true }) // each run of this example starts from nothing

let ended = false
while (!ended) {
  const env = { ...process.env, BANK_URL: bank.url }
  const worker = spawn(process.execPath, ['worker.ts'], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  console.log('a worker starts')
  kill = () => worker.kill('SIGKILL')
  const [code] = await once(worker, 'exit')
  if (code !== null && code !== 0) throw new Error(`The worker ended with code ${code}`)
  ended = code === 0
}

console.log(`payments: ${bank.payments.join(', ')}`)
console.log(`letters: ${bank.letters.join(', ')}`)
