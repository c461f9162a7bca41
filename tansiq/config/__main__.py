from tansiq.config.cli import main

main()
