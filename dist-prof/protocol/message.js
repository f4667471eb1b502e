/** Version of the messages between session and host; both ends must name the same one. */
export const protocolVersion = 1;
//# sourceMappingURL=message.js.map