import { readPublicAddress } from "./tunnel-draft";

export const TAILSCALE_OFF = "tailscale funnel --https=443 off";
export const tailscaleOn = (port: number): string => `tailscale funnel --bg --yes ${port}`;

/**
 * An nginx server that passes on the bytes as they came. `proxy_pass` without a path leaves the request's path as it
 * is; with one, it takes the prefix of the public address off.
 */
export function nginxServer(address: string, port: number): string {
  const read = readPublicAddress(address);
  const url = "value" in read && read.value !== null ? new URL(read.value) : new URL("https://hooks.example.com/");
  return `server {
    listen ${url.port || "443"} ssl;
    server_name ${url.hostname};
    ssl_certificate     /etc/ssl/${url.hostname}.pem;
    ssl_certificate_key /etc/ssl/${url.hostname}.key;

    # Pollux has a limit of its own, and shows what went over it.
    client_max_body_size 0;

    location ${url.pathname} {
        proxy_pass http://127.0.0.1:${port}${url.pathname === "/" ? "" : "/"};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_request_buffering off;
        # A signature covers the raw bytes: no filter (njs, Lua, sub_filter)
        # may read and write the body.
    }
}
`;
}
