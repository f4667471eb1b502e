import './installation/check-node.ts'
export {
  codeMode,
  type CodeMode,
  type CodeModeOptions,
  type CodeModeTools,
  type ExecTool,
  type WaitTool,
} from './adapters/ai-sdk/code-mode.ts'
export type { CodeModeOutput } from './adapters/ai-sdk/exec-output.ts'
