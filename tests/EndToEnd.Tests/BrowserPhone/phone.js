// A softphone in a page: JsSIP as its authors ship it, and the story of its events for the test to read.
import JsSIP from "jssip";

window.startPhone = ({ server, user, host, password, expiresSeconds }) => {
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
  // The platform offers no WebRTC media yet: the phone is rung and says that it is busy.
  phone.on("newRTCSession", ({ originator, session }) => {
    if (originator !== "remote") return;
    tell("called");
    session.terminate({ status_code: 486 });
  });
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
