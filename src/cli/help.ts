const general = `codecell: run one JavaScript program in place of many tool calls

  codecell exec FILE|-   run a cell and show its output
  codecell tools         list the tools that cells can call
  codecell serve         offer exec and wait to an MCP client
  codecell add CLIENT    put codecell into the configuration of Claude, Cursor, VS Code or Codex
  codecell doctor        say what works on this machine
  codecell sessions      list the durable sessions in a folder
  codecell cells         what the cells of a session do and wait for
  codecell ledger        the calls of a session, and which outcomes are unknown
  codecell revert        undo the calls of a cell
  codecell trace         show, view, export, reduce, check or replay a recorded trace
  codecell codex-host    run the cells of OpenAI Codex
  codecell help COMMAND  the flags of a command
  codecell --version
`

const commands: Readonly<Record<string, string>> = {
  exec: `codecell exec FILE|- [flags]: run a cell and show its output

  -c, --config FILE      MCP servers, as in Claude, Cursor and VS Code ("mcpServers");
                         default: codecell.json, .mcp.json or mcp.json
      --openapi [NAME=]FILE  operations of an OpenAPI 3 document as tools; may be given more than once
      --openapi-url URL  where their server is, when the document does not say
      --tool-timeout MS  longest time for one tool call (default 300000)
      --memory-mb N      memory of the cell (default 256)
      --cpu-ms N         processor time of the cell (default 30000); waiting is free
      --profile NAME     default, or strict: no JIT, kernel memory limit, permission model
      --ask WHICH        calls that you are asked about, by the hints of the tools: destructive (default on
                         a terminal), writes, none; tools with "approve" in the configuration always ask
  -y, --yes              allow all calls and ask nothing
      --read-only        deny all calls but those of tools that say they only read
      --durable DIR      keep the session in DIR, so that the run survives this process
      --session ID       the name of that session; default: a new one, shown on standard error
      --resume           run no file: go on with the cells of the session that have not ended
      --trace DIR        record the run as a bundle in a new folder of DIR, for "codecell trace"
      --json             one JSON event per line, for programs
  -q, --quiet            only what the cell prints

Exit codes: 0 completed, 1 script failed, 2 usage, 3 limit, 4 a server or the host could not start, 130 interrupted
`,
  tools: `codecell tools [NAME] [flags]: list the tools that cells can call, or show one with its declaration

  -c, --config FILE  MCP servers ("mcpServers"); default: codecell.json, .mcp.json or mcp.json
      --openapi [NAME=]FILE, --openapi-url URL  operations of an OpenAPI document, as for exec
      --search QUERY the tools that fit these words best, best first
      --json         one JSON object per line
`,
  serve: `codecell serve [flags]: offer exec and wait to an MCP client, in front of the servers of a file

  -c, --config FILE  MCP servers ("mcpServers"); default: codecell.json, .mcp.json or mcp.json
      --openapi [NAME=]FILE, --openapi-url URL  operations of an OpenAPI document, as for exec
      --tool-timeout MS  longest time for one tool call (default 300000)
      --max-yield MS     no call takes longer (default 45000); a script that does goes on, for wait
      --ask WHICH        calls a person is asked about, where the client can ask: destructive (default),
                         writes, none; by the hints of the tools
      --read-only        deny all calls but those of tools that say they only read
      --passthrough      offer the tools themselves too
      --durable DIR      keep sessions in DIR: after a restart "wait" still knows the running scripts
      --session ID       the name of the session of the client on standard input (default main)
      --trace DIR        record each client as a bundle in a new folder of DIR, for "codecell trace"
      --http [PORT]      streamable HTTP on loopback; default: standard input and output
      --token-file FILE  bearer tokens, one for each client; default: CODECELL_TOKEN, or a new one, shown
      --no-token         let everybody in who reaches the port
      --cors ORIGIN      let pages of this origin in
`,
  add: `codecell add claude|cursor|vscode|codex [flags] [-- SERVE FLAGS]: have a client start codecell
  -c, --config FILE  the servers to put behind codecell; default: codecell.json, .mcp.json or mcp.json, but
                     never the client's own file
  -g, --global       for the whole user; default: for the project in the working folder
      --desktop      Claude Desktop in place of Claude Code
      --name NAME    name of the entry (default codecell)
      --print        show the entry and change nothing
`,
  doctor: `codecell doctor [flags]: say what works on this machine, and what to do about what does not

  -c, --config FILE  also start the MCP servers of this file

Exit codes: 0 all that is needed works, 1 something is broken
`,
  sessions: `codecell sessions --durable DIR [--json]: list the durable sessions in a folder, the latest first

Nothing in the folder is changed, and a session may be open meanwhile.
`,
  cells: `codecell cells SESSION --durable DIR [--json]: list the cells of a session, and what each waits for
`,
  ledger: `codecell ledger SESSION --durable DIR [flags]: list the tool calls of a session, and what is known of them

      --cell ID      only this cell
      --state STATE  only calls that are not_started, started, applied, failed or unknown
      --json         one JSON object per line
`,
  revert: `codecell revert SESSION CELL --durable DIR [flags]: undo the calls of a cell, the last one first

  -c, --config FILE  the servers whose tools undo calls, with "revert" in it; --openapi and so on as for exec
  -y, --yes          ask nothing
      --tool-timeout MS  longest time for one call (default 300000)
      --json         one JSON object per line

The session is opened, so its running cells go on meanwhile.
Exit codes: 0 all is undone, 1 something is not, 2 usage
`,
  trace: `codecell trace reduce BUNDLE [flags]: write the state that a trace bundle comes to, and print its path
codecell trace check BUNDLE [flags]: say whether a bundle reduces, is whole, and its cells run again the same way
codecell trace replay BUNDLE [flags]: run cells again with their recorded answers, and say where they differ
codecell trace show BUNDLE [flags]: what happened, as a tree: turns, cells, nested calls, waits, outputs
codecell trace view BUNDLE [flags]: show a bundle in the browser, at an address that is printed
codecell trace export BUNDLE --to otlp|chrome|jsonl [flags]: the trace for other programs

  -o, --output FILE  where reduce writes the state ("-": standard output); default: state.json in the bundle;
                     where export writes; default: standard output;
                     view: write one HTML file with everything in it
      --cell ID      show, replay: only this cell; replay takes the id of its call too
      --full         show: cut no text
      --no-color     show: no colours, as with NO_COLOR and where the output is no terminal
      --port N       where view serves on 127.0.0.1; default: any free port
  -f, --follow       view: show a bundle that is being written as it grows
      --content      export to otlp: with arguments, results and texts
      --no-replay    check: run no cell again
      --source FILE  replay: this program in the place of the cell's, until it asks for what is not on record
      --inspect[=PORT]  replay: have a debugger step through the cell, for example chrome://inspect
                     (default port 9229)
      --cell-ms MS   replay: longest time for one cell (default 60000)
      --time-zone NAME, --locale TAG  replay: those that the session had, when they were not UTC and en-US

Exit codes: 0 all of it is so, 1 it is not, or was cut, or a program failed, 2 usage
`,
  'codex-host': `codecell codex-host [flags]: be the code-mode host of OpenAI Codex, which starts it

      --listen URL   grpc+stdio:// or grpc://127.0.0.1:PORT; without it, frames of JSON on stdin and stdout

codecell codex-host install DIR [flags]: make a folder with a codex that runs its cells here

      --codex FILE   the codex to use; default: the one on PATH

Exit codes: 0 the client has gone, 1 it could not be understood, 2 usage
`,
}

/** The help text of a command, or of all of them. */
export function helpText(command: string | undefined): string {
  return (command !== undefined && Object.hasOwn(commands, command) ? commands[command] : undefined) ?? general
}
