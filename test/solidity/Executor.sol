// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { FlashArbitrage } from "../../contracts/FlashArbitrage.sol";
import { Hop, Lender, Loan, Protocols, Venue } from "../../contracts/interfaces/IFlashArbitrage.sol";
import { LenderOfThreePatterns } from "../support/contracts/Lenders.sol";
import { Token, WrappedEther } from "../support/contracts/Tokens.sol";
import { Puller, VenueAtFixedRate } from "../support/contracts/Venues.sol";
import { vm } from "./Cheatcodes.sol";

/// @title ExecutorTest
/// @notice FlashArbitrage from its own build, between Morpho Blue from its own build, two lenders of the other patterns,
/// one venue that answers all five call patterns and four tokens.
abstract contract ExecutorTest {
    /// @dev A random number stream: the same seed draws the same numbers.
    struct Random {
        uint256 state;
    }

    uint8 internal constant LENDERS = uint8(type(Lender).max) + 1;
    uint8 internal constant VENUES = uint8(type(Venue).max) + 1;
    uint256 internal constant INVENTORY = 1e36;
    uint256 internal constant FEE_BPS = 5;
    address internal constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    address internal immutable OWNER = _account("owner");
    address internal immutable TREASURY = _account("treasury");
    address internal immutable OPERATOR = _account("operator");
    address internal immutable STRANGER = _account("stranger");

    FlashArbitrage internal flash;
    LenderOfThreePatterns internal aave;
    LenderOfThreePatterns internal balancer;
    address internal morpho;
    Puller internal puller;
    VenueAtFixedRate internal venue;
    WrappedEther internal weth;
    address[] internal tokens;
    /// @dev Whoever the contract may have approved.
    address[] internal spenders;

    function setUp() public virtual {
        weth = WrappedEther(payable(_deploy("Tokens.sol:WrappedEther", "")));
        puller = Puller(_deploy("Venues.sol:Puller", ""));
        aave = LenderOfThreePatterns(_deploy("Lenders.sol:LenderOfThreePatterns", ""));
        balancer = LenderOfThreePatterns(_deploy("Lenders.sol:LenderOfThreePatterns", ""));
        morpho = _deploy("Morpho.sol:Morpho", abi.encode(OWNER));
        aave.setFeeBps(FEE_BPS);
        balancer.setFeeBps(FEE_BPS);
        flash = _deployFlash(address(aave), address(balancer), morpho);
        venue = _deployVenue("VenueAtFixedRate");
        _list(address(weth));
        _listNew("Token", "A");
        _listNew("Token", "B");
        _listNew("Token", "C");
    }

    /* CREATION */

    function _deploy(string memory artifact, bytes memory args) internal returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), args);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        require(created != address(0), string.concat("creates ", artifact));
    }

    function _deployFlash(
        address aaveV3,
        address balancerV2,
        address morphoBlue
    ) internal returns (FlashArbitrage created) {
        address[] memory operators = new address[](1);
        operators[0] = OPERATOR;
        Protocols memory protocols = Protocols(aaveV3, balancerV2, morphoBlue, address(puller), address(weth));
        bytes memory args = abi.encode(OWNER, TREASURY, operators, protocols);
        created = FlashArbitrage(payable(_deploy("FlashArbitrage.sol:FlashArbitrage", args)));
    }

    function _deployVenue(string memory name) internal returns (VenueAtFixedRate created) {
        created = VenueAtFixedRate(payable(_deploy(string.concat("Venues.sol:", name), abi.encode(puller))));
        puller.allow(address(created));
        spenders.push(address(created));
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(created), INVENTORY);
        vm.deal(address(created), INVENTORY);
    }

    /// @dev Creates a lender that serves all three patterns of its own executor.
    function _deployLender(string memory name) internal returns (LenderOfThreePatterns created) {
        created = LenderOfThreePatterns(_deploy(string.concat("Lenders.sol:", name), ""));
        spenders.push(address(created));
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(created), INVENTORY);
        flash = _deployFlash(address(created), address(created), address(created));
        _approveFromOperator();
    }

    function _listNew(string memory name, string memory symbol) internal returns (address token) {
        token = _deploy(string.concat("Tokens.sol:", name), abi.encode(symbol, uint8(18)));
        _list(token);
    }

    /// @dev Gives a token to the venue, the lenders and the operator.
    function _list(address token) internal {
        tokens.push(token);
        _fund(token, address(venue), INVENTORY);
        _fund(token, address(aave), INVENTORY);
        _fund(token, address(balancer), INVENTORY);
        _fund(token, morpho, INVENTORY);
        _fund(token, OPERATOR, INVENTORY);
        _approveFromOperator();
    }

    function _fund(address token, address account, uint256 amount) internal {
        if (token == address(weth)) {
            vm.deal(address(this), address(this).balance + amount);
            weth.deposit{ value: amount }();
            require(weth.transfer(account, amount), "transfers WETH");
        } else {
            Token(token).mint(account, amount);
        }
    }

    /// @dev Adds ether to an account that would refuse it.
    function _giveEther(address account, uint256 amount) internal {
        vm.deal(account, account.balance + amount);
    }

    function _approveFromOperator() private {
        for (uint256 i = 0; i < tokens.length; ++i) {
            // A call without a type: a token may answer it with nothing.
            bytes memory revoke = abi.encodeCall(IERC20.approve, (address(flash), 0));
            bytes memory approve = abi.encodeCall(IERC20.approve, (address(flash), type(uint256).max));
            vm.startPrank(OPERATOR);
            (bool revoked, ) = tokens[i].call(revoke);
            (bool approved, ) = tokens[i].call(approve);
            vm.stopPrank();
            require(revoked && approved, "approves from the operator's wallet");
        }
    }

    function _account(string memory name) internal pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
    }

    /* ROUTES */

    /// @dev Returns a random route of one to `tokens.length` + 1 different tokens, on the venue at fixed rate, that a
    /// loan of `lender` can finance.
    function _route(Random memory random, address token, Lender lender) internal view returns (Hop[] memory hops) {
        hops = new Hop[](2 + _draw(random, 4));
        address tokenIn = token;
        for (uint256 i = 0; i < hops.length; ++i) {
            address tokenOut = token;
            if (i < hops.length - 1) {
                // The last hop closes the route, so the one before it may not.
                do tokenOut = tokens[_draw(random, tokens.length)]; while (
                    tokenOut == tokenIn || (i == hops.length - 2 && tokenOut == token)
                );
            }
            uint8 number = uint8(_draw(random, lender == Lender.BalancerV2 ? VENUES - 1 : VENUES));
            hops[i] = _hop(random, Venue(number), tokenIn, tokenOut);
            tokenIn = tokenOut;
        }
    }

    function _hop(
        Random memory random,
        Venue pattern,
        address tokenIn,
        address tokenOut
    ) internal view returns (Hop memory) {
        bytes memory data;
        if (pattern == Venue.Solidly) {
            data = abi.encode(_draw(random, 2) == 0);
        } else if (pattern == Venue.WooFi) {
            bool nativeIn = tokenIn == address(weth) && _draw(random, 2) == 0;
            bool nativeOut = tokenOut == address(weth) && _draw(random, 2) == 0;
            data = abi.encode(nativeIn, nativeOut);
        } else if (pattern == Venue.Dodo) {
            address[] memory none = new address[](0);
            data =
                _draw(random, 2) == 0
                    ? bytes.concat(
                        VenueAtFixedRate.mixSwap.selector,
                        abi.encode(none, none, none, uint256(0), new bytes[](0), bytes(""))
                    )
                    : bytes.concat(
                        VenueAtFixedRate.externalSwap.selector,
                        abi.encode(address(0), address(0), bytes(""), bytes(""))
                    );
        } else if (pattern == Venue.Balancer) {
            data = abi.encode(_draw(random, type(uint256).max));
        }
        return Hop(uint8(pattern), address(venue), tokenOut, 0, data);
    }

    /// @dev Returns what each hop takes, and at the end what the route delivers.
    function _amounts(Loan memory loan, Hop[] memory hops) internal view returns (uint256[] memory amounts) {
        amounts = new uint256[](hops.length + 1);
        amounts[0] = loan.amount;
        address tokenIn = loan.token;
        for (uint256 i = 0; i < hops.length; ++i) {
            VenueAtFixedRate target = VenueAtFixedRate(payable(hops[i].target));
            amounts[i + 1] = target.quote(tokenIn, hops[i].tokenOut, amounts[i]);
            tokenIn = hops[i].tokenOut;
        }
    }

    function _venue(uint256 number) internal pure returns (Venue) {
        return Venue(number);
    }

    /// @dev WOOFi's pattern names WETH as ether: the rate is the same.
    function _setRateE18(VenueAtFixedRate target, address tokenIn, address tokenOut, uint256 rateE18) internal {
        target.setRateE18(tokenIn, tokenOut, rateE18);
        if (tokenIn == address(weth)) target.setRateE18(ETHER, tokenOut, rateE18);
        if (tokenOut == address(weth)) target.setRateE18(tokenIn, ETHER, rateE18);
    }

    function _lenderOf(Loan memory loan) internal view returns (address) {
        if (loan.lender == uint8(Lender.AaveV3)) return address(aave);
        if (loan.lender == uint8(Lender.BalancerV2)) return address(balancer);
        return loan.lender == uint8(Lender.MorphoBlue) ? morpho : OPERATOR;
    }

    function _feeOf(Loan memory loan) internal pure returns (uint256) {
        // Aave rounds half up, Balancer up.
        if (loan.lender == uint8(Lender.AaveV3)) return (loan.amount * FEE_BPS + 5_000) / 10_000;
        if (loan.lender == uint8(Lender.BalancerV2)) return (loan.amount * FEE_BPS + 9_999) / 10_000;
        return 0;
    }

    /// @dev A loan of any lender, in any token, of a size that no rate makes vanish.
    function _loan(Random memory random) internal view returns (Loan memory) {
        address token = tokens[_draw(random, tokens.length)];
        return Loan(uint8(_draw(random, LENDERS)), token, 1e12 + _draw(random, 1e30));
    }

    /// @dev Makes a route that earns a tenth of the loan.
    function _earningRoute(Random memory random, Loan memory loan) internal returns (Hop[] memory hops) {
        hops = _route(random, loan.token, Lender(loan.lender));
        address lastIn = hops[hops.length - 2].tokenOut;
        // No other hop uses this pair: all amounts but the last are the loan's.
        for (uint256 i = 0; i + 1 < hops.length; ++i) {
            address tokenIn = i == 0 ? loan.token : hops[i - 1].tokenOut;
            vm.assume(tokenIn != lastIn || hops[i].tokenOut != loan.token);
        }
        _setRateE18(venue, lastIn, loan.token, 1.1e18);
    }

    /* EXECUTION */

    function _execute(
        Loan memory loan,
        Hop[] memory hops,
        uint256 minProfit
    ) internal returns (bool success, bytes memory answer) {
        bytes memory payload = abi.encodeCall(flash.execute, (bytes32("id"), loan, hops, minProfit, block.timestamp));
        vm.prank(OPERATOR);
        return address(flash).call(payload);
    }

    /// @dev Requires that an order reverts with exactly this error, and leaves everything as it was.
    function _requireRevert(Loan memory loan, Hop[] memory hops, bytes memory expected) internal {
        uint256 treasuryBefore = _balance(loan.token, TREASURY);
        (bool success, bytes memory answer) = _execute(loan, hops, 0);
        require(!success, "the order reverts");
        require(keccak256(answer) == keccak256(expected), "with the error that names the reason");
        require(_balance(loan.token, TREASURY) == treasuryBefore, "and the treasury is as it was");
        _requireNothingLeft();
    }

    /// @dev Requires that an order succeeds, pays the treasury exactly `profit` and leaves nothing behind.
    function _requireProfit(Loan memory loan, Hop[] memory hops, uint256 profit) internal {
        uint256 treasuryBefore = _balance(loan.token, TREASURY);
        uint256 operatorBefore = _balance(loan.token, OPERATOR);
        (bool success, bytes memory answer) = _execute(loan, hops, profit);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        require(abi.decode(answer, (uint256)) == profit, "returns the profit");
        require(_balance(loan.token, TREASURY) - treasuryBefore == profit, "pays the profit to the treasury");
        require(_balance(loan.token, OPERATOR) == operatorBefore, "leaves the operator's wallet as it was");
        _requireNothingLeft();
        _requireNothingPending();
    }

    function _requireNothingLeft() internal view {
        require(address(flash).balance == 0, "holds no ether");
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], address(flash)) == 0, "holds no token");
        }
        _requireNoAllowance();
    }

    function _requireNoAllowance() internal view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            IERC20 token = IERC20(tokens[i]);
            for (uint256 j = 0; j < spenders.length; ++j) {
                require(token.allowance(address(flash), spenders[j]) == 0, "allows no venue anything");
            }
            require(token.allowance(address(flash), address(puller)) == 0, "allows the puller nothing");
            require(token.allowance(address(flash), address(aave)) == 0, "allows Aave nothing");
            require(token.allowance(address(flash), address(balancer)) == 0, "allows Balancer nothing");
            require(token.allowance(address(flash), morpho) == 0, "allows Morpho nothing");
        }
    }

    /// @dev Requires that the lenders' own callbacks, with the payload that they were last given, are refused.
    function _requireNothingPending() internal {
        _requireUnannounced(address(aave), aave.lastPayload());
        _requireUnannounced(address(balancer), balancer.lastPayload());
        _requireUnannounced(morpho, aave.lastPayload());
        _requireUnannounced(STRANGER, balancer.lastPayload());
    }

    function _requireUnannounced(address caller, bytes memory payload) internal {
        bytes memory refusal = abi.encodeWithSignature("UnannouncedCallback(address)", caller);
        bytes[] memory callbacks = _callbacks(tokens[0], 1, payload);
        for (uint256 i = 0; i < callbacks.length; ++i) {
            vm.prank(caller);
            (bool success, bytes memory answer) = address(flash).call(callbacks[i]);
            require(!success && keccak256(answer) == keccak256(refusal), "refuses a callback that nobody announced");
        }
    }

    /// @dev The callbacks of the three lenders.
    function _callbacks(
        address token,
        uint256 amount,
        bytes memory payload
    ) internal view returns (bytes[] memory callbacks) {
        address[] memory loaned = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        loaned[0] = token;
        amounts[0] = amount;
        callbacks = new bytes[](3);
        callbacks[0] = abi.encodeWithSelector(
            FlashArbitrage.executeOperation.selector,
            token,
            amount,
            0,
            address(flash),
            payload
        );
        callbacks[1] = abi.encodeWithSelector(
            FlashArbitrage.receiveFlashLoan.selector,
            loaned,
            amounts,
            new uint256[](1),
            payload
        );
        callbacks[2] = abi.encodeWithSelector(FlashArbitrage.onMorphoFlashLoan.selector, amount, payload);
    }

    function _balance(address token, address account) internal view returns (uint256) {
        return IERC20(token).balanceOf(account);
    }

    /* RANDOM */

    /// @dev Returns a number below `limit`.
    function _draw(Random memory random, uint256 limit) internal pure returns (uint256) {
        random.state = uint256(keccak256(abi.encode(random.state)));
        return random.state % limit;
    }
}
