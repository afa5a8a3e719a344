# bash completion for imagenet-fetch, made by "imagenet-fetch generate bash".

_imagenet_fetch()
{
    local cur=${COMP_WORDS[COMP_CWORD]} option='' command='' word skip='' i
    COMPREPLY=()
    # bash takes --data=x apart into three words.
    [[ $cur == = ]] && cur=''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $skip ]]; then
            [[ $word == = ]] || { skip=''; option=''; }
            continue
        fi
        case $word in
            --dataset|--manifest|--data|--state|--torrent-dir|--config|--progress|--only|--sources|--max-peers|--seed-time|--peer|--port|--mirror|--connections|--stall-timeout|--max-download|--max-upload|--header|--credentials|--reserve|--max-age|--html|--scrub-every|--time-limit|--wait|--random-delay|--publish|--publish-url|--log|--metrics|--on-change|--on-failure|--format|--val-labels|--aux-dir|--checksums|--classes|--per-class|--val|--test|--seed) skip=1 option=$word ;;
            -*|=) ;;
            *) command+=${command:+ }$word ;;
        esac
    done
    case $option in
        --dataset) COMPREPLY=(); return ;;
        --manifest) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --data) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --state) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --torrent-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --config) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --progress) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur"); return ;;
        --only) COMPREPLY=(); return ;;
        --sources) mapfile -t COMPREPLY < <(compgen -W 'auto both swarm mirrors' -- "$cur"); return ;;
        --max-peers) COMPREPLY=(); return ;;
        --seed-time) COMPREPLY=(); return ;;
        --peer) COMPREPLY=(); return ;;
        --port) COMPREPLY=(); return ;;
        --mirror) COMPREPLY=(); return ;;
        --connections) COMPREPLY=(); return ;;
        --stall-timeout) COMPREPLY=(); return ;;
        --max-download) COMPREPLY=(); return ;;
        --max-upload) COMPREPLY=(); return ;;
        --header) COMPREPLY=(); return ;;
        --credentials) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --reserve) COMPREPLY=(); return ;;
        --max-age) COMPREPLY=(); return ;;
        --html) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --scrub-every) COMPREPLY=(); return ;;
        --time-limit) COMPREPLY=(); return ;;
        --wait) COMPREPLY=(); return ;;
        --random-delay) COMPREPLY=(); return ;;
        --publish) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --publish-url) COMPREPLY=(); return ;;
        --log) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --metrics) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --on-change) COMPREPLY=(); return ;;
        --on-failure) COMPREPLY=(); return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W 'ids wnids synsets gist keras json' -- "$cur"); return ;;
        --val-labels) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
        --aux-dir) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
        --checksums) mapfile -t COMPREPLY < <(compgen -W 'md5 sha1 sha256 xxh64' -- "$cur"); return ;;
        --classes) COMPREPLY=(); return ;;
        --per-class) COMPREPLY=(); return ;;
        --val) COMPREPLY=(); return ;;
        --test) COMPREPLY=(); return ;;
        --seed) COMPREPLY=(); return ;;
    esac
    case $command in
        '') mapfile -t COMPREPLY < <(compgen -W 'fetch download verify list status sync labels manifest torrent sample --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur") ;;
        'fetch'|'fetch '*|'download'|'download '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --dry-run --accept-terms --allow-unverified --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'verify'|'verify '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --pieces --quick --max-age --allow-unverified --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'list'|'list '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--long --summary --nested --no-nested --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'status'|'status '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --sources --check --max-age --html --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'sync'|'sync '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --scrub-every --time-limit --wait --random-delay --publish --publish-url --log --metrics --on-change --on-failure --html --sources --max-peers --seed-time --peer --port --dht --no-dht --lsd --no-lsd --mirror --connections --stall-timeout --max-download --max-upload --header --netrc --no-netrc --credentials --insecure-http --reserve --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'labels'|'labels '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--format --val-labels --aux-dir --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'manifest show'|'manifest show '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--only-train --only-val --only-test --only --all --checksums --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                COMPREPLY=()
            fi ;;
        'manifest check'|'manifest check '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'torrent show'|'torrent show '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'torrent add'|'torrent add '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--trust-torrent --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            fi ;;
        'sample'|'sample '*)
            if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W '--classes --per-class --val --test --seed --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur")
            else
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            fi ;;
        'manifest') mapfile -t COMPREPLY < <(compgen -W 'show check --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur") ;;
        'torrent') mapfile -t COMPREPLY < <(compgen -W 'show add --dataset --manifest --data --state --torrent-dir --config --yes -y --no-yes --json --no-json --quiet --no-quiet --verbose --no-verbose --progress --help -h --version' -- "$cur") ;;
    esac
}
complete -o filenames -F _imagenet_fetch imagenet-fetch
