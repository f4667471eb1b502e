// One program in `run`.
import { run } from '../../node_modules/.cache/codecell-rivals/run/node_modules/run/dist/index.js'

const { value } = await run({ source: 'return "hi"' })
process.stdout.write(value)
