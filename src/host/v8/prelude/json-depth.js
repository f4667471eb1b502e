import { charCodeAt } from '../../prelude/primordials.js'

/** @type {EngineParts['isDeeperThan']} */
export function isDeeperThan(json, levels) {
  let depth = 0
  let inString = false
  for (let index = 0; index < json.length; index++) {
    const code = charCodeAt(json, index)
    if (inString) {
      if (code === 92) index++
      else if (code === 34) inString = false
    } else if (code === 34) inString = true
    else if (code === 91 || code === 123) {
      if (++depth > levels) return true
    } else if (code === 93 || code === 125) depth--
  }
  return false
}
