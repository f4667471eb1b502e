import { defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf } from '../../prelude/primordials.js'
import { complete, fail } from '../../prelude/program-end.js'
import { setSource } from './program-source.js'

/** Describes the reason of a rejection. Nothing of a program is called. @type {(reason: any) => string} */
function describe(reason) {
  if (typeof reason === 'symbol') return 'a symbol'
  if (typeof reason === 'function' || (typeof reason === 'object' && reason !== null)) {
    const message = textMember(reason, 'message')
    if (message === undefined) return 'a thrown object'
    const name = textMember(reason, 'name')
    return name === undefined || message === '' ? message : `${name}: ${message}`
  }
  return `${reason}`
}

/** Returns a member that is a string, also an inherited one. @type {(owner: any, name: string) => string | undefined} */
function textMember(owner, name) {
  for (let object = owner, levels = 10; object !== null && levels > 0; object = getPrototypeOf(object), levels--) {
    const member = getOwnPropertyDescriptor(object, name)
    if (member !== undefined) return typeof member.value === 'string' ? member.value : undefined
  }
  return undefined
}

// The functions that the host calls. It takes them from this global, which it then deletes.
defineProperty(globalThis, '$cell', { value: { complete, fail, describe, setSource }, configurable: true })

// Globals that only QuickJS has.
for (const name of ['InternalError', Symbol.toStringTag]) deleteProperty(globalThis, name)
