// telegram-test-api on a free port of this machine, with its answers mended where a strict client needs more.
// Prints one line with the port when it is up, and ends when its standard input does.
'use strict';

const http = require('node:http');
const TelegramServer = require('telegram-test-api');

const MENDED = {
  getMe: (result) => ({ ...result, is_bot: true }),
  // It has milliseconds where the Bot API has seconds, and sends back every parameter as it came.
  sendMessage: ({ message_id, date, chat, text }) => ({ message_id, date: Math.floor(date / 1000), chat, text }),
  // It answers null where the Bot API answers true.
  editMessageText: (result) => result ?? true,
};

// Methods that it answers with an error.
const MISSING = {
  getWebhookInfo: { url: '', has_custom_certificate: false, pending_update_count: 0 },
  setMyCommands: true,
  sendChatAction: true,
};

function mend(request, response, next) {
  // Method names have no case in the Bot API, nor in Express.
  const called = request.path.split('/').pop().toLowerCase();
  const missing = Object.keys(MISSING).find((name) => name.toLowerCase() === called);
  if (missing) {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ ok: true, result: MISSING[missing] }));
    return;
  }
  const mended = Object.keys(MENDED).find((name) => name.toLowerCase() === called);
  if (mended && request.path.startsWith('/bot')) {
    const json = response.json.bind(response);
    response.json = (body) => json({ ...body, result: MENDED[mended](body.result) });
  }
  next();
}

const server = new TelegramServer();
server.webServer.use(mend);
// The mending was added last; it has to come before the routes, so move it behind Express's own two layers.
const { stack } = server.webServer._router;
stack.splice(2, 0, stack.pop());

const listener = http.createServer(server.webServer);
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
