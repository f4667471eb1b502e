import { startDefaultHost } from '../early-host.ts'
import { usesDefaultHost } from './common/uses-default-host.ts'

const args = process.argv.slice(2)
// The host starts while the rest loads, which takes about as long.
if (usesDefaultHost(args)) startDefaultHost()
const { main } = await import('./main.ts')
void main(args)
