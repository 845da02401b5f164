// socket.io and pg, as their documentation has them: a message is acked once its rows are committed.
import { createServer } from "node:http";
import pg from "pg";
import { Server } from "socket.io";

const { PORT, PG_SOCKET, PG_USER, PG_DATABASE, SAME_ROWS } = process.env;
const pool = new pg.Pool({ host: PG_SOCKET, user: PG_USER, database: PG_DATABASE, max: 8 });
const http = createServer((_, answer) => answer.end("ready"));
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });

io.on("connection", (socket) => {
  socket.on("send", async ({ thread, ticket, id, text }, ack) => {
    const values = [thread, ticket, id, text];
    const { rows } = await pool.query({ name: "send", text: SAME_ROWS, values });
    ack({ id, seq: Number(rows[0].seq) });
  });
});
http.listen(Number(PORT), "127.0.0.1");
