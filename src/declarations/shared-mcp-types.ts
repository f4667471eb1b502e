/**
 * The types in declarations of MCP tools, under the heading `Shared MCP Types:` of the `exec` description. As wide as
 * the protocol: content blocks of later versions are objects with a `type`.
 */
export const sharedMcpTypes = `type ContentBlock =
  | { type: "text"; text: string }
  | { type: "image" | "audio"; data: string; mimeType: string } // base64
  | { type: "resource"; resource: { uri: string; mimeType?: string; text?: string; blob?: string } }
  | { type: "resource_link"; uri: string; name: string; mimeType?: string; description?: string };
type CallToolResult<T = unknown> = { content: ContentBlock[]; structuredContent?: T; isError?: boolean };`
