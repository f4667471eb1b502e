import { defineProperty } from '../../prelude/primordials.js'
import { complete, fail } from '../../prelude/program-end.js'
import { textOfThrown } from '../../prelude/json.js'

// The functions that the host calls. It takes them from this global, which it then deletes.
defineProperty(globalThis, '$cell', { value: { complete, fail, describe: textOfThrown }, configurable: true })
