import { startDefaultHost } from '../early-host.ts'
import { exitAtSignals } from './common/default-signals.ts'
import { earlyEngine, usesDefaultHost } from './common/uses-default-host.ts'

if (process.pid === 1) exitAtSignals()
const args = process.argv.slice(2)
// The host starts while the rest loads, which takes about as long.
const engine = usesDefaultHost(args) ? earlyEngine(args) : null
if (engine !== null) startDefaultHost(engine)
const { main } = await import('./main.ts')
void main(args)
