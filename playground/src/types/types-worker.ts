import libraries from 'virtual:cell-libraries'
import type { TypeMessage, TypeReply, TypeResults } from '../../../console/src/playground/types/messages.ts'
import { ProgramService } from './program-service.ts'
import { stripTypes } from './strip-types.ts'

// The worker of the playground that checks and completes programs. Requests are handled in order.

const service = new ProgramService(libraries)

addEventListener('message', ({ data }: MessageEvent<TypeMessage>) => {
  reply({ type: 'result', id: data.id, results: resultsOf(data) })
})
reply({ type: 'ready' })

function resultsOf(message: TypeMessage): TypeResults {
  try {
    switch (message.name) {
      case 'check':
        return { check: service.check(message) }
      case 'complete':
        return { complete: service.complete(message, message.offset) }
      case 'hover':
        return { hover: service.hover(message, message.offset) }
      case 'strip':
        return { strip: stripTypes(message.source) }
      default:
        return message.name satisfies never
    }
  } catch {
    // TypeScript throws for a few programs, such as those that are nested too deeply. They have no types.
    return {}
  }
}

function reply(message: TypeReply): void {
  postMessage(message)
}
