import './installation/check-node.ts'
export {
  loadMcpConfig,
  type DisabledMcpServer,
  type InvalidMcpServer,
  type LoadedMcpServer,
  type McpConfigOptions,
  type McpServerConfig,
} from './adapters/mcp/config/mcp-config.ts'
export {
  connectMcpServers,
  serverStartError,
  type McpServerFailure,
  type McpServers,
  type McpServersOptions,
} from './adapters/mcp/mcp-servers.ts'
export type { McpServerStatus } from './adapters/mcp/server-status.ts'
export { loginToMcpServer } from './adapters/mcp/auth/login/login.ts'
export type { McpDeviceCode, McpLogin, McpLoginOptions } from './adapters/mcp/auth/login/login-options.ts'
export {
  logoutFromMcpServer,
  mcpLogins,
  type McpCredentialsOptions,
  type McpLogout,
} from './adapters/mcp/auth/login/logout.ts'
export type { McpOAuthSettings } from './adapters/mcp/config/oauth-settings.ts'
