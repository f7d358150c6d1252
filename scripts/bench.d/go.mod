module tillbridge/scripts/bench.d

go 1.26.0

require (
	github.com/gorilla/websocket v1.5.3
	go.bug.st/serial v1.8.0
	golang.org/x/sys v0.49.0
	rsc.io/qr v0.2.0
	tillbridge v0.0.0
)

require github.com/skip2/go-qrcode v0.0.0-20200617195104-da1b6568686e

replace tillbridge => ../..

require (
	github.com/coder/websocket v1.8.15
	go.etcd.io/bbolt v1.5.0
	modernc.org/sqlite v1.60.0
)

require (
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/ncruces/go-strftime v1.0.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	modernc.org/libc v1.77.1 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)
