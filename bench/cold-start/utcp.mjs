// One program in UTCP's code mode.
import { CodeModeUtcpClient } from '../../node_modules/.cache/codecell-rivals/utcp-code-mode/node_modules/@utcp/code-mode/dist/index.js'

const write = process.stdout.write.bind(process.stdout)
console.log = () => undefined
const client = await CodeModeUtcpClient.create(process.cwd(), null)
const { logs } = await client.callToolChain('console.log("hi")')
write(logs.join('\n'))
