package dev.sluice.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;

/** The interface that only this machine reaches; as IPv4, because PostgreSQL and Kafka are told the same address. */
final class Loopback {
    static final String HOST = "127.0.0.1";

    private Loopback() {}

    static InetAddress address() {
        try {
            return InetAddress.getByAddress(HOST, new byte[] {127, 0, 0, 1});
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    /** A socket on a port that nobody has. */
    static ServerSocket onFreePort() throws IOException {
        return new ServerSocket(0, 1, address());
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = onFreePort()) {
            return socket.getLocalPort();
        }
    }

    static boolean isTaken(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address(), port));
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
