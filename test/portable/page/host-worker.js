import { serveHost } from 'codecell/portable/worker'

serveHost()
