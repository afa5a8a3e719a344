# fish completion for imagenet-fetch, made by "imagenet-fetch generate fish".

# The words typed so far that belong to no option.
function __imagenet_fetch_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
        else if contains -- $word --dataset --manifest --data --state --torrent-dir --config --progress --only --sources --max-peers --seed-time --peer --port --mirror --connections --stall-timeout --max-download --max-upload --header --credentials --reserve --max-age --format --val-labels --aux-dir --checksums --classes --per-class --val --test --seed
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end

# Whether these words stand first; alone, if nothing else is there.
function __imagenet_fetch_in
    set -l words (__imagenet_fetch_words)
    test (count $words) -ge (count $argv); or return 1
    for index in (seq (count $argv))
        test $words[$index] = $argv[$index]; or return 1
    end
end

function __imagenet_fetch_only
    test (count (__imagenet_fetch_words)) -eq (count $argv); and __imagenet_fetch_in $argv
end

complete -c imagenet-fetch -f
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a fetch -d 'get the chosen files, proven'
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a download -d 'get the chosen files, proven'
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a status -d 'what is here, how far, proven when, what next'
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a labels -d 'classes: ILSVRC id, WNID, rank, words; convert between them'
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a manifest
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a torrent
complete -c imagenet-fetch -n 'test (count (__imagenet_fetch_words)) -eq 0' -a sample -d 'a small ImageNet-shaped data set, for trying things out'
complete -c imagenet-fetch -n '__imagenet_fetch_only manifest' -a show -d 'the data sets known, and their files'
complete -c imagenet-fetch -n '__imagenet_fetch_only manifest' -a check -d 'is a manifest of one\'s own sound'
complete -c imagenet-fetch -n '__imagenet_fetch_only torrent' -a show -d 'what a .torrent says'
complete -c imagenet-fetch -n '__imagenet_fetch_only torrent' -a add -d 'take a .torrent in, checked against the pin'
complete -c imagenet-fetch -l dataset -x  -d 'the data set (ilsvrc2012, ilsvrc2017)'
complete -c imagenet-fetch -l manifest -x -a '(__fish_complete_path (commandline -ct))' -d 'a manifest or checksum list of your own'
complete -c imagenet-fetch -l data -x -a '(__fish_complete_directories (commandline -ct))' -d 'the folder that holds everything (data)'
complete -c imagenet-fetch -l state -x -a '(__fish_complete_directories (commandline -ct))' -d 'the folder for receipts and journals'
complete -c imagenet-fetch -l torrent-dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'a folder with .torrent files'
complete -c imagenet-fetch -l config -x -a '(__fish_complete_path (commandline -ct))' -d 'read options from this file'
complete -c imagenet-fetch -s y -l yes -d 'ask nothing'
complete -c imagenet-fetch -l no-yes -d 'ask nothing'
complete -c imagenet-fetch -l json -d 'results as JSON, one object a line'
complete -c imagenet-fetch -l no-json -d 'results as JSON, one object a line'
complete -c imagenet-fetch -l quiet -d 'say nothing but results and errors'
complete -c imagenet-fetch -l no-quiet -d 'say nothing but results and errors'
complete -c imagenet-fetch -l verbose -d 'say more of what is done'
complete -c imagenet-fetch -l no-verbose -d 'say more of what is done'
complete -c imagenet-fetch -l progress -x -a 'auto always never' -d 'when to show progress'
complete -c imagenet-fetch -s h -l help -d 'show help: -h in short, --help in full'
complete -c imagenet-fetch -l version -d 'show the version'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l only-train -d 'only the training images'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l only-val -d 'only the validation images'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l only-test -d 'only the test images'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l only -x  -d 'only these parts or files'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l all -d 'all files of the data set'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l sources -x -a 'auto both swarm mirrors' -d 'where from (auto)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l max-peers -x  -d 'connections to peers, at the most (256)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l seed-time -x  -d 'give back for so many minutes (0)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l peer -x  -d 'a peer to connect to'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l port -x  -d 'the ports to listen on (any)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l dht -d 'find peers without a tracker (yes)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l no-dht -d 'find peers without a tracker (yes)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l lsd -d 'find peers in the local network'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l no-lsd -d 'find peers in the local network'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l mirror -x  -d 'another place to get the files from'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l connections -x  -d 'connections to a mirror (4)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l stall-timeout -x  -d 'how long nothing may arrive (60s)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l max-download -x  -d 'bytes a second to take, at the most'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l max-upload -x  -d 'bytes a second to give, at the most'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l header -x  -d 'a header for the mirrors'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l netrc -d 'take names and passwords from ~/.netrc'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l no-netrc -d 'take names and passwords from ~/.netrc'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l credentials -x -a '(__fish_complete_path (commandline -ct))' -d 'a file with ImageNet\'s user name and key'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l insecure-http -d 'allow http beyond this machine'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l reserve -x  -d 'space to leave free (1GiB)'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l dry-run -d 'only say what would be done'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l accept-terms -d 'the data set\'s terms are accepted'
complete -c imagenet-fetch -n '__imagenet_fetch_in fetch' -l allow-unverified -d 'take files that nobody has a digest of'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l only-train -d 'only the training images'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l only-val -d 'only the validation images'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l only-test -d 'only the test images'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l only -x  -d 'only these parts or files'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l all -d 'all files of the data set'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l sources -x -a 'auto both swarm mirrors' -d 'where from (auto)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l max-peers -x  -d 'connections to peers, at the most (256)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l seed-time -x  -d 'give back for so many minutes (0)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l peer -x  -d 'a peer to connect to'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l port -x  -d 'the ports to listen on (any)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l dht -d 'find peers without a tracker (yes)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l no-dht -d 'find peers without a tracker (yes)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l lsd -d 'find peers in the local network'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l no-lsd -d 'find peers in the local network'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l mirror -x  -d 'another place to get the files from'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l connections -x  -d 'connections to a mirror (4)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l stall-timeout -x  -d 'how long nothing may arrive (60s)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l max-download -x  -d 'bytes a second to take, at the most'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l max-upload -x  -d 'bytes a second to give, at the most'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l header -x  -d 'a header for the mirrors'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l netrc -d 'take names and passwords from ~/.netrc'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l no-netrc -d 'take names and passwords from ~/.netrc'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l credentials -x -a '(__fish_complete_path (commandline -ct))' -d 'a file with ImageNet\'s user name and key'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l insecure-http -d 'allow http beyond this machine'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l reserve -x  -d 'space to leave free (1GiB)'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l dry-run -d 'only say what would be done'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l accept-terms -d 'the data set\'s terms are accepted'
complete -c imagenet-fetch -n '__imagenet_fetch_in download' -l allow-unverified -d 'take files that nobody has a digest of'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l only-train -d 'only the training images'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l only-val -d 'only the validation images'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l only-test -d 'only the test images'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l only -x  -d 'only these parts or files'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l all -d 'all files of the data set'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l sources -d 'ask trackers and mirrors who has the files'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l check -d 'exit with 3 unless all is whole and proven'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l max-age -x  -d 'how old a proof may be'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l max-peers -x  -d 'connections to peers, at the most (256)'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l seed-time -x  -d 'give back for so many minutes (0)'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l peer -x  -d 'a peer to connect to'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l port -x  -d 'the ports to listen on (any)'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l dht -d 'find peers without a tracker (yes)'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l no-dht -d 'find peers without a tracker (yes)'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l lsd -d 'find peers in the local network'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l no-lsd -d 'find peers in the local network'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l mirror -x  -d 'another place to get the files from'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l connections -x  -d 'connections to a mirror (4)'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l stall-timeout -x  -d 'how long nothing may arrive (60s)'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l max-download -x  -d 'bytes a second to take, at the most'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l max-upload -x  -d 'bytes a second to give, at the most'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l header -x  -d 'a header for the mirrors'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l netrc -d 'take names and passwords from ~/.netrc'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l no-netrc -d 'take names and passwords from ~/.netrc'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l credentials -x -a '(__fish_complete_path (commandline -ct))' -d 'a file with ImageNet\'s user name and key'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l insecure-http -d 'allow http beyond this machine'
complete -c imagenet-fetch -n '__imagenet_fetch_in status' -l reserve -x  -d 'space to leave free (1GiB)'
complete -c imagenet-fetch -n '__imagenet_fetch_in labels' -l format -x -a 'ids wnids synsets gist keras json' -d 'the form of the list'
complete -c imagenet-fetch -n '__imagenet_fetch_in labels' -l val-labels -x -a '(__fish_complete_path (commandline -ct))' -d 'take the validation labels from this file'
complete -c imagenet-fetch -n '__imagenet_fetch_in labels' -l aux-dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'a folder of text files as how-to-imagenet has it'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only-train -d 'only the training images'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only-val -d 'only the validation images'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only-test -d 'only the test images'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l only -x  -d 'only these parts or files'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l all -d 'all files of the data set'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest show' -l checksums -x -a 'md5 sha1 sha256 xxh64' -d 'print a checksum list instead'
complete -c imagenet-fetch -n '__imagenet_fetch_in manifest check' -a '(__fish_complete_path (commandline -ct))'
complete -c imagenet-fetch -n '__imagenet_fetch_in torrent show' -a '(__fish_complete_path (commandline -ct))'
complete -c imagenet-fetch -n '__imagenet_fetch_in torrent add' -l trust-torrent -d 'accept a torrent that no manifest pins'
complete -c imagenet-fetch -n '__imagenet_fetch_in torrent add' -a '(__fish_complete_path (commandline -ct))'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l classes -x  -d 'classes to make (10)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l per-class -x  -d 'training images for each class (20)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l val -x  -d 'validation images (50)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l test -x  -d 'test images (50)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -l seed -x  -d 'the number that decides every byte (42)'
complete -c imagenet-fetch -n '__imagenet_fetch_in sample' -a '(__fish_complete_directories (commandline -ct))'
