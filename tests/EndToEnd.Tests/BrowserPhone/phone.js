// A softphone in a page: JsSIP as its authors ship it, and the story of its events for the test to read.
import JsSIP from "jssip";
import { Ear, microphone, statistics, withCodec } from "./media.js";

window.startPhone = ({ server, user, host, password, expiresSeconds, answers }) => {
  const events = (window.phoneEvents = []);
  const socket = new JsSIP.WebSocketInterface(server);
  const phone = new JsSIP.UA({
    sockets: [socket],
    uri: `sip:${user}@${host}`,
    password,
    register: true,
    register_expires: expiresSeconds,
    // How soon it comes back when the connection was lost, seconds.
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 2,
  });
  const tell = (name, detail = "") => events.push(`${name} ${detail}`.trim());
  phone.on("connected", () => tell("connected"));
  phone.on("disconnected", () => tell("disconnected"));
  phone.on("registered", ({ response }) => tell("registered", response.getHeader("Contact")));
  phone.on("unregistered", () => tell("unregistered"));
  phone.on("registrationFailed", ({ cause }) => tell("registrationFailed", cause));
  phone.on("newMessage", ({ originator, request }) => {
    if (originator === "remote") tell("message", request.body);
  });
  phone.on("newRTCSession", ({ originator, session }) => {
    if (originator !== "remote") return;
    tell("called");
    if (!answers) {
      session.terminate({ status_code: 486 });
      return;
    }
    follow(session);
    session.answer(media(answers.toneHz));
    listen(session);
  });
  const media = (toneHz) => ({ mediaStream: microphone(toneHz), pcConfig: { iceServers: [] } });
  const follow = (session) => {
    session.on("progress", ({ originator }) => tell("progress", originator));
    session.on("confirmed", () => tell("confirmed"));
    session.on("ended", ({ originator, cause }) => tell("ended", `${originator} ${cause}`));
    session.on("failed", ({ originator, cause }) => tell("failed", `${originator} ${cause}`));
    window.session = session;
    window.ear = null;
  };
  const listen = (session) => {
    session.connection.addEventListener("track", ({ track }) => (window.ear = new Ear(track)));
    session.connection.addEventListener("connectionstatechange", () =>
      tell("connection", session.connection.connectionState),
    );
  };
  window.placeCall = ({ target, codec, toneHz }) => {
    const session = phone.call(target, media(toneHz));
    follow(session);
    session.on("sdp", (description) => {
      if (description.originator === "local") description.sdp = withCodec(description.sdp, codec);
    });
    listen(session);
  };
  window.heard = async () => ({
    ...(window.ear?.heard() ?? { loudestRms: 0, audibleMs: 0, toneHz: 0 }),
    ...(await statistics(window.session.connection)),
  });
  window.hangUp = () => window.session.terminate();
  window.phone = phone;
  window.sendText = (target, text) =>
    phone.sendMessage(target, text, {
      eventHandlers: {
        succeeded: ({ response }) => tell("messageTaken", response.status_code),
        failed: ({ cause }) => tell("messageFailed", cause),
      },
    });
  phone.start();
};
