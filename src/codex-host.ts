import './installation/check-node.ts'
export {
  listenForCodex,
  parseCodexHostAddress,
  serveCodexHost,
  type CodexHostAddress,
  type CodexHostOptions,
} from './codex-host/serve.ts'
export type { GrpcListener } from './codex-host/grpc/grpc-listen.ts'
